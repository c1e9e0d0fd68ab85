import type { ComponentChildren } from 'preact';

interface ButtonProps {
  type?: 'button' | 'submit';
  kind?: 'primary' | 'secondary';
  danger?: boolean | undefined;
  pending?: boolean;
  onClick?: () => void;
  children: ComponentChildren;
}

export function Button({ type = 'button', kind = 'primary', danger, pending = false, onClick, children }: ButtonProps) {
  const classes = ['button', kind, danger && 'danger'].filter(Boolean).join(' ');
  return (
    <button type={type} class={classes} disabled={pending} aria-busy={pending} onClick={onClick}>
      {children}
    </button>
  );
}
