/** A page at https://app.example.com that uses Pawl at https://auth.example.com. */
import { createPawl, PawlError } from '@pawl/client';

const pawl = createPawl({ url: document.documentElement.dataset.pawl, mode: 'cookie' });

const form = document.querySelector('form');
const status = document.querySelector('[role=status]');

const show = (session) => {
  form.hidden = session !== null;
  status.textContent = session ? `Signed in as ${session.user.email}` : 'Signed out';
};
pawl.onChange(show);
show(await pawl.session());

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const fields = new FormData(form);
  const [email, password] = ['email', 'password'].map((name) => String(fields.get(name)));
  try {
    const result = await pawl.signIn({ email, password });
    if (result.next === 'second_factor') status.textContent = 'Enter the code of your app';
  } catch (error) {
    if (!(error instanceof PawlError)) throw error;
    status.textContent = error.message;
  }
});
