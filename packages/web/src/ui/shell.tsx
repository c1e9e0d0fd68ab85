import type { ComponentChildren } from 'preact';
import { config } from '../config.js';
import { useWords } from '../i18n/words.js';
import { Link } from '../router.js';
import { useSignOut } from '../sign-out.js';
import { BackToApp } from './back-to-app.js';
import { Button } from './button.js';
import { Brand, Footer, useTitle } from './layout.js';
import { Notice } from './notice.js';

export interface MenuItem {
  to: string;
  label: string;
  /** The page that is shown belongs to this item, though it has another path. */
  current?: boolean;
}

interface ShellProps {
  /** Of the page that is shown. Undefined: there is no such page. */
  title: string | undefined;
  /** The address of the signed-in user. */
  email: string;
  menuLabel: string;
  menu: readonly MenuItem[];
  children: ComponentChildren;
}

/** The frame of the pages of a signed-in user: who is signed in, the menu with the way out, and the page. */
export function Shell({ title, email, menuLabel, menu, children }: ShellProps) {
  const { common, nav } = useWords();
  const { signOut, failure } = useSignOut();
  useTitle(title ?? common.notFound);
  return (
    <div class="shell">
      <header>
        <Brand />
        <span class="who">{email}</span>
      </header>
      <nav aria-label={menuLabel}>
        <ul>
          {menu.map(({ to, label, current = false }) => (
            <li key={to}>
              <Link to={to} current={current}>
                {label}
              </Link>
            </li>
          ))}
          {config.brandUrl !== undefined && (
            <li>
              <BackToApp />
            </li>
          )}
          <li>
            <Button kind="link" onClick={signOut}>
              {nav.signOut}
            </Button>
          </li>
        </ul>
      </nav>
      <main>
        {failure !== undefined && <Notice kind="error">{failure}</Notice>}
        {title === undefined ? <h1>{common.notFound}</h1> : children}
      </main>
      <Footer />
    </div>
  );
}
