import { useEffect, useState } from 'preact/hooks';

type Listener = (isRequired: boolean) => void;

let isRequired = false;
const listeners = new Set<Listener>();

/** The service refuses everything but adding a second factor, because the role of the user requires one. */
export function setEnrolmentRequired(next: boolean): void {
  isRequired = next;
  for (const listener of listeners) listener(next);
}

export function useEnrolmentRequired(): boolean {
  const [current, setCurrent] = useState(isRequired);
  useEffect(() => {
    listeners.add(setCurrent);
    setCurrent(isRequired);
    return () => void listeners.delete(setCurrent);
  }, []);
  return current;
}
