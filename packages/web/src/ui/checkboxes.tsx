import { useContext, useId } from 'preact/hooks';
import { FieldErrors } from './field.js';

interface CheckboxesProps {
  legend: string;
  /** Each box sends `name.value`: see `checkedOf`. */
  name: string;
  options: readonly (readonly [value: string, label: string])[];
  checked: readonly string[];
}

/** Several choices of one question. */
export function Checkboxes({ legend, name, options, checked }: CheckboxesProps) {
  const id = useId();
  const error = useContext(FieldErrors)[name];
  return (
    <fieldset class="field" aria-describedby={error ? `${id}-error` : undefined}>
      <legend>{legend}</legend>
      {options.map(([value, label]) => (
        <label key={value} class="checkbox">
          <input type="checkbox" name={`${name}.${value}`} defaultChecked={checked.includes(value)} />
          {label}
        </label>
      ))}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      )}
    </fieldset>
  );
}

/** The values whose boxes are checked. */
export function checkedOf(values: Record<string, string>, name: string): string[] {
  return Object.keys(values)
    .filter((key) => key.startsWith(`${name}.`))
    .map((key) => key.slice(name.length + 1));
}
