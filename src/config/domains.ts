/** Whether the host is the domain or below it. A host that only ends like it, such as evilexample.com, is another's. */
export function isWithinDomain(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}
