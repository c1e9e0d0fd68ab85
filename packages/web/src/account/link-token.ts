/** The token of a link from an email. It leaves the address bar and the history at once. */
export const linkToken = take();

const openedAt = location.pathname;

/** Whether this is the page that the link led to, and not one that was opened from there. */
export function isLinked(): boolean {
  return linkToken !== undefined && location.pathname === openedAt;
}

// Another link was pasted into this page.
addEventListener('hashchange', () => location.reload());

function take(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  return token || undefined;
}
