/**
 * The script of both account pages. It takes the token from the fragment of the URL and removes it there at once. The token is
 * sent only when somebody presses the button, because mail scanners open links too.
 */
export const accountPageScript = `'use strict';
const token = new URLSearchParams(location.hash.slice(1)).get('token');
history.replaceState(null, '', location.pathname + location.search);
// Another link was pasted into this page.
addEventListener('hashchange', () => location.reload());

const form = document.querySelector('form');
const words = form.dataset;
const status = document.querySelector('[role=status]');
if (token) form.hidden = false;
else status.textContent = words.noToken;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  status.textContent = '';
  const password = form.querySelector('input[type=password]:enabled');
  try {
    const response = await fetch(words.call, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(password ? { token, password: password.value } : { token }),
    });
    if (response.ok) {
      form.hidden = true;
      status.textContent = words.done;
      return;
    }
    const problem = await response.json();
    const finding = (problem.errors || [])[0];
    if (problem.code === 'one_time_token_invalid') status.textContent = words.expired;
    else if (problem.code === 'password_required') {
      // A visitor who is not signed in proves with the password that the account is theirs.
      for (const part of form.querySelectorAll('[data-ask]')) part.hidden = part.disabled = false;
      form.querySelector('input[type=password]').focus();
      status.textContent = words.ask;
    } else if (problem.code === 'password_incorrect') status.textContent = words.wrong;
    else if (problem.code === 'email_taken') status.textContent = words.taken;
    else if (password && finding) status.textContent = words.refused.replace('{reason}', finding.message);
    else status.textContent = words.later;
  } catch {
    status.textContent = words.later;
  }
  button.disabled = false;
});
`;
