import { useWords } from '../i18n/words.js';
import { PageHeading } from '../ui/layout.js';
import { Load } from '../ui/load.js';
import type { AccountPageProps } from './account.js';
import { Factors } from './factors.js';
import { Identities, useIdentities } from './identities.js';
import { ChangePassword, SetPassword } from './password.js';

export function Security({ session }: AccountPageProps) {
  const { security } = useWords();
  const ways = useIdentities();
  const { email } = session.user;
  return (
    <>
      <PageHeading title={security.title} opening={security.opening} />
      <Load from={ways}>
        {({ has_password }) => (has_password ? <ChangePassword email={email} /> : <SetPassword email={email} />)}
      </Load>
      <Factors />
      {ways.data && <Identities list={ways.data} reload={ways.reload} />}
    </>
  );
}
