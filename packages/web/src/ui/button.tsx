import type { ComponentChildren } from 'preact';
import { useBusy } from './busy.js';

interface ButtonProps {
  type?: 'button' | 'submit';
  kind?: 'primary' | 'secondary' | 'link';
  danger?: boolean | undefined;
  pending?: boolean;
  /** Returns the promise of what it sends: until that is settled, the button is busy and does nothing. */
  onClick?: () => unknown;
  children: ComponentChildren;
}

export function Button({ type = 'button', kind = 'primary', danger, pending = false, onClick, children }: ButtonProps) {
  const running = useBusy();
  const isBusy = pending || running.isBusy;
  const classes = [kind !== 'link' && 'button', kind, danger && 'danger'].filter(Boolean).join(' ');
  const click = (event: MouseEvent) => {
    // Enter in a field of the form arrives here too.
    if (isBusy) event.preventDefault();
    // The second half of a double click. What was pressed first may be done by then, and another button may be here.
    if (isBusy || !onClick || event.detail > 1) return;
    running.run(onClick);
  };
  // Not `disabled`, which would take the focus away: a dialog could not give it back.
  return (
    <button type={type} class={classes} aria-disabled={isBusy} aria-busy={isBusy} onClick={click}>
      {children}
    </button>
  );
}
