import type { ComponentChildren } from 'preact';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { config } from './config.js';

const PathContext = createContext('/');

/** The path below PUBLIC_URL, such as `/account/sign-in`. */
export function usePath(): string {
  return useContext(PathContext);
}

export function navigate(path: string, { replace = false } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', toHref(path));
  dispatchEvent(new PopStateEvent('popstate'));
  scrollTo(0, 0);
}

export function Router({ children }: { children: ComponentChildren }) {
  const [path, setPath] = useState(currentPath);
  useEffect(() => {
    const update = () => setPath(currentPath());
    addEventListener('popstate', update);
    return () => removeEventListener('popstate', update);
  }, []);
  return <PathContext.Provider value={path}>{children}</PathContext.Provider>;
}

/** A link to another of these pages. `current`: this page belongs to that one. */
export function Link({
  to,
  current = false,
  children,
}: {
  to: string;
  current?: boolean;
  children: ComponentChildren;
}) {
  const isCurrent = usePath() === to;
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={toHref(to)} onClick={follow} aria-current={isCurrent ? 'page' : current ? 'true' : undefined}>
      {children}
    </a>
  );
}

/** The URL of a path below PUBLIC_URL. */
export function toHref(path: string): string {
  return config.base + path.slice(1);
}

function currentPath(): string {
  return `/${location.pathname.slice(config.base.length)}`.replace(/(.)\/$/, '$1');
}
