import { useContext, useId } from 'preact/hooks';
import { FieldErrors } from './field.js';

interface TextAreaProps {
  label: string;
  name: string;
  hint: string;
}

/** A field for a text of several lines, such as JSON. */
export function TextArea({ label, name, hint }: TextAreaProps) {
  const id = useId();
  const error = useContext(FieldErrors)[name];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
      <textarea
        id={id}
        name={name}
        rows={6}
        required
        spellcheck={false}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={error ? `${id}-hint ${id}-error` : `${id}-hint`}
      />
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
