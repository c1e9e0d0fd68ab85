import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
  title: string;
  onClose: () => void;
  /** It shows what is not shown again, so a stray press of Escape does not close it. */
  keepsOpen?: boolean;
  children: ComponentChildren;
}

/** A modal dialog: the browser keeps the focus in it, and Escape closes it. */
export function Dialog({ title, onClose, keepsOpen = false, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => ref.current?.showModal(), []);
  // What the browser could not give the focus to when the dialog opened, because it was still loading.
  useEffect(() => {
    if (document.activeElement === ref.current) ref.current?.querySelector<HTMLElement>('input, button')?.focus();
  });
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={onClose}
      onCancel={(event) => keepsOpen && event.preventDefault()}
      // Browsers let the second of two presses through without asking.
      onKeyDown={(event) => keepsOpen && event.key === 'Escape' && event.preventDefault()}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
