/** How a sign-in with another provider came back. It leaves the address bar and the history at once. */
export interface ProviderReturn {
  error?: string;
  code?: string;
}

let returned = take();

/** Once: a page that is opened again does not start it over. */
export function takeProviderReturn(): ProviderReturn {
  const taken = returned;
  returned = {};
  return taken;
}

function take(): ProviderReturn {
  const query = new URLSearchParams(location.search);
  const error = query.get('error');
  const code = query.get('code');
  if (error === null && code === null) return {};
  history.replaceState(null, '', location.pathname);
  return { ...(error !== null && { error }), ...(code !== null && { code }) };
}
