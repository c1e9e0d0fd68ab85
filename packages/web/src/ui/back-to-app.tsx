import { config } from '../config.js';
import { useWords } from '../i18n/words.js';

/** The way back to the app that these pages belong to, if the service knows it. Nothing in an address decides where it leads. */
export function BackToApp({ kind = 'link' }: { kind?: 'button' | 'link' }) {
  const { common } = useWords();
  if (config.brandUrl === undefined) return null;
  return (
    <a class={kind === 'button' ? 'button primary' : undefined} href={config.brandUrl}>
      {common.backTo(config.brandName)}
    </a>
  );
}
