/** A React application in StrictMode, which runs every effect twice. */
import { createPawl } from '@pawl/client';
import { PawlProvider, useSession } from '@pawl/client/react';
import { createElement as h, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';

const query = new URL(location.href).searchParams;
const pawl = createPawl({ url: query.get('url'), mode: query.get('mode') });

function Account() {
  const { status, user } = useSession();
  const [answer, setAnswer] = useState('');
  useEffect(() => {
    if (status === 'signed_in') pawl.fetch('/auth/me').then((response) => setAnswer(` ${response.status}`));
  }, [status]);
  return h('p', { role: 'status' }, status, user ? ` ${user.email}` : '', answer);
}

createRoot(document.getElementById('root')).render(
  h(StrictMode, null, h(PawlProvider, { client: pawl }, h(Account), h(Account), h(Account))),
);
Object.assign(globalThis, { pawl });
document.title = 'ready';
