import type { StepUpProof, StepUpRequest } from '@pawl/client';
import { useEffect, useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { setStepUpPrompt } from '../pawl.js';
import { navigate, usePath } from '../router.js';
import { useSession } from '../session.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { Loading } from '../ui/load.js';
import { Notice } from '../ui/notice.js';
import { rememberPlace } from './place.js';
import type { WaysToConfirm } from './ways-to-confirm.js';
import { waysToConfirm } from './ways-to-confirm.js';

interface Question {
  request: StepUpRequest;
  answer: (proof: StepUpProof | undefined) => void;
}

/** Asks for a proof when a call needs a recent sign-in. Every user can sign in again instead, and comes back to this page. */
export function StepUpDialog() {
  const words = useWords();
  const { session } = useSession();
  const path = usePath();
  const [question, setQuestion] = useState<Question>();
  const [ways, setWays] = useState<WaysToConfirm>();

  useEffect(() => {
    setStepUpPrompt(
      (request) =>
        new Promise((resolve) => {
          setQuestion({ request, answer: resolve });
          // They stay while a wrong proof is corrected.
          if (request.error === undefined) setWays(undefined);
          void waysToConfirm().then(setWays);
        }),
    );
  }, []);
  // The page that asked, or its user, is gone: nobody waits for a proof any more.
  useEffect(() => {
    question?.answer(undefined);
    setQuestion(undefined);
  }, [path, session?.id]);
  if (!question) return null;

  const answer = (proof: StepUpProof | undefined) => {
    setQuestion(undefined);
    question.answer(proof);
  };
  const signInAgain = () => {
    rememberPlace(path, session?.id);
    answer(undefined);
    navigate('/account/sign-in');
  };
  const { error } = question.request;
  const isWrong = error !== undefined && error.code !== 'second_factor_required';
  return (
    <Dialog title={words.stepUp.title} onClose={() => answer(undefined)}>
      {isWrong && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
      {ways ? <Proofs ways={ways} answer={answer} onSignInAgain={signInAgain} /> : <Loading />}
    </Dialog>
  );
}

interface ProofsProps {
  ways: WaysToConfirm;
  answer: Question['answer'];
  onSignInAgain: () => void;
}

function Proofs({ ways, answer, onSignInAgain }: ProofsProps) {
  const { stepUp, fields, common, secondFactor } = useWords();
  const hasForm = ways.app || ways.password;
  const cancel = (
    <Button kind="secondary" onClick={() => answer(undefined)}>
      {common.cancel}
    </Button>
  );
  const again = (
    <p class="aside">
      <button type="button" class="link inline" onClick={onSignInAgain}>
        {stepUp.againInstead}
      </button>
    </p>
  );
  if (!hasForm && !ways.passkey) {
    return (
      <>
        <p class="muted">{stepUp.nothing}</p>
        <div class="actions">
          <Button onClick={onSignInAgain}>{stepUp.again}</Button>
          {cancel}
        </div>
      </>
    );
  }
  const passkey = ways.passkey && (
    <Button kind={hasForm ? 'secondary' : 'primary'} onClick={() => answer({ passkey: true })}>
      {secondFactor.passkey}
    </Button>
  );
  if (!hasForm) {
    return (
      <>
        <p class="muted">{stepUp.passkeyOpening}</p>
        <div class="actions">
          {passkey}
          {cancel}
        </div>
        {again}
      </>
    );
  }
  return (
    <>
      <Form
        submit={stepUp.submit}
        onSubmit={async ({ password = '', code = '' }) =>
          answer(ways.app ? { code: code.replace(/\s/g, '') } : { password })
        }
        secondary={
          <>
            {cancel}
            {passkey}
          </>
        }
      >
        <p class="muted">{ways.app ? stepUp.codeOpening : stepUp.opening}</p>
        {ways.app ? (
          <Field label={fields.code} name="code" autoComplete="one-time-code" inputMode="numeric" autoFocus />
        ) : (
          <Field label={fields.password} name="password" type="password" autoComplete="current-password" autoFocus />
        )}
      </Form>
      {again}
    </>
  );
}
