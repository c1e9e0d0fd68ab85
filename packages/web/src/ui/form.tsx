import type { PawlError } from '@pawl/client';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { sentenceOf } from '../i18n/errors.js';
import { useWords } from '../i18n/words.js';
import { useBusy } from './busy.js';
import { Button } from './button.js';
import { FieldErrors } from './field.js';
import { Notice } from './notice.js';

/** Thrown by `onSubmit` for what the page itself finds wrong with a field. */
export class WrongField extends Error {
  readonly fields: Readonly<Record<string, string>>;

  constructor(name: string, message: string) {
    super(message);
    this.fields = { [name]: message };
  }
}

interface FormProps {
  /** Receives the values of the fields by name. */
  onSubmit: (values: Record<string, string>, form: HTMLFormElement) => Promise<unknown>;
  submit: string;
  /** Shown after it has succeeded. */
  done?: string | undefined;
  danger?: boolean;
  /** `secondary` if the page has something more important. */
  kind?: 'primary' | 'secondary';
  /** Codes whose sentence this form words differently. */
  errors?: Readonly<Record<string, string>>;
  /** Fields to which an error without a field belongs, by code. */
  fieldOf?: Readonly<Record<string, string>>;
  secondary?: ComponentChildren;
  children?: ComponentChildren;
}

/** A form that shows the errors of the service at its fields, and says when it is done. */
export function Form({
  onSubmit,
  submit,
  done,
  danger,
  kind = 'primary',
  errors,
  fieldOf,
  secondary,
  children,
}: FormProps) {
  const words = useWords();
  const { isBusy, run } = useBusy();
  const [isDone, setIsDone] = useState(false);
  const [error, setError] = useState<unknown>();

  const send = async (form: HTMLFormElement) => {
    setError(undefined);
    setIsDone(false);
    try {
      const values = Object.fromEntries(new FormData(form)) as Record<string, string>;
      await onSubmit(values, form);
      setIsDone(true);
    } catch (cause) {
      setError(cause);
      // Screen readers and keyboards continue at what has to be corrected.
      requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
    }
  };
  const submitted = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    run(() => send(form));
  };

  const code = (error as PawlError | undefined)?.code;
  const atField = code === undefined ? undefined : fieldOf?.[code];
  const sentence = error === undefined ? undefined : ((code && errors?.[code]) ?? sentenceOf(error, words));
  const fields = fieldErrorsOf(error, words.errors.field, atField, sentence);
  const isAboutField = Object.keys(fields).length > 0;
  return (
    <form onSubmit={submitted} noValidate={false}>
      <FieldErrors.Provider value={fields}>
        {error !== undefined && !isAboutField && <Notice kind="error">{sentence}</Notice>}
        {isDone && done !== undefined && <Notice kind="success">{done}</Notice>}
        {children}
      </FieldErrors.Provider>
      <div class="actions">
        <Button type="submit" kind={kind} pending={isBusy} danger={danger}>
          {submit}
        </Button>
        {secondary}
      </div>
    </form>
  );
}

/** In English the service's own sentence, which knows the reason best. An error inside of a field's value belongs to the field. */
function fieldErrorsOf(error: unknown, generic: string, atField: string | undefined, sentence: string | undefined) {
  const { fields = {} } = (error ?? {}) as Partial<PawlError>;
  const isReadable = error instanceof WrongField || document.documentElement.lang === 'en';
  const messages = Object.entries(fields).map(([path, message]) => [
    path.split('.', 1)[0],
    isReadable ? message : (sentence ?? generic),
  ]);
  if (atField !== undefined && sentence !== undefined) messages.push([atField, sentence]);
  return Object.fromEntries(messages) as Record<string, string>;
}
