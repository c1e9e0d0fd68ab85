import type { Session } from '@pawl/client';
import type { ComponentType } from 'preact';
import { config } from '../config.js';
import { useWords } from '../i18n/words.js';
import { usePath } from '../router.js';
import { Shell } from '../ui/shell.js';
import { Activity } from './activity.js';
import { Data } from './data.js';
import { Profile } from './profile.js';
import { Security } from './security.js';
import { Sessions } from './sessions.js';
import { SignedInOnly } from './signed-in-only.js';

export interface AccountPageProps {
  session: Session;
}

const pages = [
  ['/account', 'profile', Profile],
  ['/account/security', 'security', Security],
  ['/account/sessions', 'sessions', Sessions],
  ['/account/activity', 'activity', Activity],
  ['/account/data', 'data', Data],
] as const satisfies readonly (readonly [path: string, name: string, page: ComponentType<AccountPageProps>])[];

/** The pages of a signed-in user. */
export function Account() {
  return <SignedInOnly>{(session) => <SignedIn session={session} />}</SignedInOnly>;
}

function SignedIn({ session }: AccountPageProps) {
  const { nav, common } = useWords();
  const path = usePath();
  const [, name, Page] = pages.find(([of]) => of === path) ?? [undefined, undefined, undefined];
  const isAdmin = config.hasAdminPages && session.user.role === 'admin';
  const menu = [
    ...pages.map(([to, label]) => ({ to, label: nav[label] })),
    ...(isAdmin ? [{ to: '/admin', label: nav.admin }] : []),
  ];
  return (
    <Shell title={name && nav[name]} email={session.user.email} menuLabel={common.menu} menu={menu}>
      {Page && <Page session={session} />}
    </Shell>
  );
}
