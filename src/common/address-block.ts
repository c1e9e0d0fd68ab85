import { isIPv6 } from 'node:net';

/**
 * The block of addresses that a limit counts together: an IPv4 address, or the /64 of an IPv6 address. A customer has at
 * least a /64 (RFC 6177 section 2) and may use another of its addresses for each request.
 */
export function addressBlock(address: string): string {
  if (!isIPv6(address)) return address;
  // The URL parser spells an address in one way: no leading zeros, and one `::` for the longest run of zeros.
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [groupsOf(head), groupsOf(tail)];
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  const mapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  return mapped ? ipv4Of(groups[6]!, groups[7]!) : `${groups.slice(0, 4).join(':')}::/64`;
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

/** RFC 4291 section 2.5.5.2: how a dual-stack socket represents an IPv4 address. */
function ipv4Of(high: string, low: string): string {
  const [a, b] = [parseInt(high, 16), parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}
