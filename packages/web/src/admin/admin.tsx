import type { Session } from '@pawl/client';
import type { ComponentType } from 'preact';
import { SignedInOnly } from '../account/signed-in-only.js';
import { useWords } from '../i18n/words.js';
import { Link, usePath } from '../router.js';
import { FrontLayout } from '../ui/layout.js';
import { Shell } from '../ui/shell.js';
import { ClientsPage } from './clients.js';
import { EventsPage } from './events.js';
import { OutboxPage } from './outbox.js';
import { StatusPage } from './status.js';
import { UserPage } from './user.js';
import { UsersPage } from './users.js';
import { useAdminWords } from './words.js';

const pages = [
  ['/admin', 'users', UsersPage],
  ['/admin/apps', 'clients', ClientsPage],
  ['/admin/events', 'events', EventsPage],
  ['/admin/outbox', 'outbox', OutboxPage],
  ['/admin/state', 'status', StatusPage],
] as const satisfies readonly (readonly [path: string, name: string, page: ComponentType])[];

/** The pages of admins. The API decides what anybody may see: this only spares others the refusals. */
export function AdminPages() {
  return (
    <SignedInOnly>
      {(session) => (session.user.role === 'admin' ? <ForAdmins session={session} /> : <NotForYou />)}
    </SignedInOnly>
  );
}

function NotForYou() {
  const { common } = useWords();
  const { notAdmin, notAdminOpening } = useAdminWords();
  return (
    <FrontLayout title={notAdmin}>
      <p class="muted">{notAdminOpening}</p>
      <Link to="/account">{common.toAccount}</Link>
    </FrontLayout>
  );
}

function ForAdmins({ session }: { session: Session }) {
  const { menu: menuLabel, nav } = useAdminWords();
  const path = usePath();
  const [, userId] = /^\/admin\/users\/([\w-]+)$/.exec(path) ?? [];
  const [, name, Page] = pages.find(([of]) => of === path) ?? [undefined, userId ? 'users' : undefined, undefined];
  const menu = [
    ...pages.map(([to, label]) => ({ to, label: nav[label], current: label === name })),
    { to: '/account', label: nav.account },
  ];
  return (
    <Shell title={name && nav[name]} email={session.user.email} menuLabel={menuLabel} menu={menu}>
      {Page && <Page />}
      {userId && <UserPage key={userId} id={userId} />}
    </Shell>
  );
}
