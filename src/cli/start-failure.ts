import { OperatorError } from '../common/operator-error.js';

/** What Node adds to an error of `listen`. */
interface ListenFailure {
  hostname: string;
  port: number;
  address: string;
}

/** One sentence for what an operator can put right; the stack for what only we can. */
export function explainStartFailure(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  const { code, syscall, hostname, port, address } = error as NodeJS.ErrnoException & Partial<ListenFailure>;
  if (code === 'EADDRINUSE') return `Port ${port} is in use: stop what listens there, or set PORT to another.`;
  if (code === 'EACCES' && port) return `Port ${port} may not be opened by this user: set PORT to one above 1023.`;
  if (syscall === 'getaddrinfo') return `HOST ${hostname} is not an address of this machine: set HOST to one that is.`;
  if (code === 'EADDRNOTAVAIL') return `HOST ${address} is not an address of this machine: set HOST to one that is.`;
  return `Pawl could not start.\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
