/** The token of a link from an email. It leaves the address bar and the history at once. */
export const linkToken = take();

const openedAt = location.pathname;
let isLeft = false;

/** Whether this is the page that the link led to, and not one that was opened from there. */
export function isLinked(): boolean {
  return linkToken !== undefined && !isLeft && location.pathname === openedAt;
}

/** The link has done what it is for, or the visitor goes another way: this page is one like any other from now on. */
export function leaveLink(): void {
  isLeft = true;
}

// Another link was pasted into this page.
addEventListener('hashchange', () => location.reload());

function take(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  return token || undefined;
}
