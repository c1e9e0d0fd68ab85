import { createContext } from 'preact';
import { useContext, useId } from 'preact/hooks';

/** What is wrong with the fields of a form, by name. */
export const FieldErrors = createContext<Readonly<Record<string, string>>>({});

interface FieldProps {
  label: string;
  name: string;
  type?: 'text' | 'email' | 'password' | 'datetime-local';
  defaultValue?: string;
  autoComplete?: string;
  inputMode?: 'text' | 'numeric';
  autoFocus?: boolean;
  required?: boolean;
  maxLength?: number;
  hint?: string;
}

export function Field({ label, name, hint, type = 'text', required = true, ...rest }: FieldProps) {
  const id = useId();
  const error = useContext(FieldErrors)[name];
  // The types of Preact allow each attribute for some types of input only.
  const attributes: object = { type, ...rest };
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <input
        id={id}
        name={name}
        required={required}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={described || undefined}
        {...attributes}
      />
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

interface SelectProps {
  label: string;
  name: string;
  value: string;
  options: readonly (readonly [value: string, label: string])[];
  hint?: string;
  onChange?: (value: string) => void;
}

export function Select({ label, name, value, options, hint, onChange }: SelectProps) {
  const id = useId();
  const error = useContext(FieldErrors)[name];
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <select
        id={id}
        name={name}
        defaultValue={value}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={described || undefined}
        onChange={(event) => onChange?.(event.currentTarget.value)}
      >
        {options.map(([option, text]) => (
          <option key={option} value={option} selected={option === value}>
            {text}
          </option>
        ))}
      </select>
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}
