import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';

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
  const [running, setRunning] = useState(false);
  // Known at once, and not only when the disabled button is drawn.
  const isRunning = useRef(false);
  const isBusy = pending || running;
  const classes = [kind !== 'link' && 'button', kind, danger && 'danger'].filter(Boolean).join(' ');
  const click = (event: MouseEvent) => {
    // The second half of a double click. What was pressed first may be done by then, and another button may be here.
    if (event.detail > 1 || isRunning.current) return;
    const result = onClick?.();
    if (!(result instanceof Promise)) return;
    isRunning.current = true;
    setRunning(true);
    void result.finally(() => {
      isRunning.current = false;
      setRunning(false);
    });
  };
  return (
    <button type={type} class={classes} disabled={isBusy} aria-busy={isBusy} onClick={onClick && click}>
      {children}
    </button>
  );
}
