import type { StepUpProof, StepUpRequest } from '@pawl/client';
import { useEffect, useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { setStepUpPrompt } from '../pawl.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Field } from '../ui/field.js';
import { Form } from '../ui/form.js';
import { Notice } from '../ui/notice.js';

interface Question {
  request: StepUpRequest;
  answer: (proof: StepUpProof | undefined) => void;
}

/** Asks for the password, the code or the passkey when a call needs a recent sign-in. */
export function StepUpDialog() {
  const words = useWords();
  const { stepUp, fields, common, secondFactor } = words;
  const [question, setQuestion] = useState<Question>();
  const [usesCode, setUsesCode] = useState(false);

  useEffect(() => {
    setStepUpPrompt(
      (request) =>
        new Promise((resolve) => {
          const asksFactor = request.acr === 'aal2' || request.error?.code === 'second_factor_required';
          setUsesCode((before) => (request.error ? before || asksFactor : asksFactor));
          setQuestion({ request, answer: resolve });
        }),
    );
  }, []);
  if (!question) return null;

  const answer = (proof: StepUpProof | undefined) => {
    setQuestion(undefined);
    question.answer(proof);
  };
  const { error } = question.request;
  const isWrong = error !== undefined && error.code !== 'second_factor_required';
  return (
    <Dialog title={stepUp.title} onClose={() => answer(undefined)}>
      {isWrong && <Notice kind="error">{sentenceOf(error, words)}</Notice>}
      <Form
        key={String(usesCode)}
        submit={stepUp.submit}
        onSubmit={async ({ password = '', code = '' }) =>
          answer(usesCode ? { code: code.replace(/\s/g, '') } : { password })
        }
        secondary={
          <>
            <Button kind="secondary" onClick={() => answer(undefined)}>
              {common.cancel}
            </Button>
            <Button kind="secondary" onClick={() => answer({ passkey: true })}>
              {secondFactor.passkey}
            </Button>
          </>
        }
      >
        <p class="muted">{usesCode ? stepUp.codeOpening : stepUp.opening}</p>
        {usesCode ? (
          <Field label={fields.code} name="code" autoComplete="one-time-code" inputMode="numeric" autoFocus />
        ) : (
          <Field label={fields.password} name="password" type="password" autoComplete="current-password" autoFocus />
        )}
      </Form>
    </Dialog>
  );
}
