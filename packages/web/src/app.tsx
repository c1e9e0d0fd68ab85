import type { Session } from '@pawl/client';
import { PawlError } from '@pawl/client';
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Account } from './account/account.js';
import { Enrolment } from './account/enrolment.js';
import { Forgot } from './account/forgot.js';
import { Register } from './account/register.js';
import { ResetPassword } from './account/reset-password.js';
import { SignIn } from './account/sign-in.js';
import { StepUpDialog } from './account/step-up-dialog.js';
import { VerifyEmail } from './account/verify-email.js';
import { config } from './config.js';
import { useEnrolmentRequired } from './enrolment.js';
import { LanguageProvider, useWords } from './i18n/words.js';
import { pawl } from './pawl.js';
import { Link, Router, usePath } from './router.js';
import { SessionContext, useSession } from './session.js';
import { BackToApp } from './ui/back-to-app.js';
import { Later } from './ui/later.js';
import { FrontLayout } from './ui/layout.js';

/** These are loaded when they are opened, so that the account stays small. */
const adminPages = () => import('./admin/admin.js').then(({ AdminPages }) => AdminPages);
const tokenPage = () => import('./token/token-page.js').then(({ TokenPage }) => TokenPage);

/** Pages for people who are not signed in, or whom it does not matter. */
const frontPages: Readonly<Record<string, ComponentType>> = {
  '/account/sign-in': SignIn,
  '/account/register': Register,
  '/account/forgot-password': Forgot,
  '/account/verify-email': VerifyEmail,
  '/account/reset-password': ResetPassword,
};

export function App() {
  return (
    <LanguageProvider>
      <SessionProvider>
        <Router>
          <Page />
          <StepUpDialog />
        </Router>
      </SessionProvider>
    </LanguageProvider>
  );
}

function SessionProvider({ children }: { children: preact.ComponentChildren }) {
  const [session, setSession] = useState<Session | null>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const ask = () => {
      pawl.session().then(
        (next) => {
          setSession(next);
          setError(undefined);
        },
        (cause: unknown) => setError(cause ?? new PawlError('network_error', '')),
      );
    };
    ask();
    addEventListener('online', ask);
    const stop = pawl.onChange(setSession);
    return () => {
      stop();
      removeEventListener('online', ask);
    };
  }, []);
  return <SessionContext.Provider value={{ session, error }}>{children}</SessionContext.Provider>;
}

function Page() {
  const path = usePath();
  const { session } = useSession();
  const isEnrolmentRequired = useEnrolmentRequired();
  const Front = frontPages[path];
  if (Front) return <Front />;
  if (session && isEnrolmentRequired) return <Enrolment />;
  if (path === '/account' || path.startsWith('/account/')) return <Account />;
  if (config.hasAdminPages && path === '/token') return <Later key="token" load={tokenPage} />;
  if (config.hasAdminPages && (path === '/admin' || path.startsWith('/admin/')))
    return <Later key="admin" load={adminPages} />;
  return <NotFound />;
}

function NotFound() {
  const { common } = useWords();
  return (
    <FrontLayout title={common.notFound}>
      <Link to="/account">{common.toAccount}</Link>
      <p class="aside">
        <BackToApp />
      </p>
    </FrontLayout>
  );
}
