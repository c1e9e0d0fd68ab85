import { domainToASCII, domainToUnicode } from 'node:url';

/**
 * The ASCII form of a domain (RFC 5890): `xn--mnchen-3ya.de` for `münchen.de`. Returns undefined if a label is not written in
 * its canonical form, apart from its case.
 *
 * IDNA maps many look-alikes to ASCII (the Kelvin sign to `k`, full-width letters, other dots) and ignores invisible
 * characters. None of these is accepted: nobody types them by accident, and a filter or a log beside Pawl would read another
 * domain. Letters of other scripts that only look alike lead to a domain of their own.
 */
export function toAsciiDomain(domain: string): string | undefined {
  const labels = domain.split('.').map(toAsciiLabel);
  return labels.every((label) => label !== undefined) ? labels.join('.') : undefined;
}

function toAsciiLabel(label: string): string | undefined {
  if (isAscii(label)) return label;
  const folds = Array.from(label).some((letter) => !isAscii(letter) && isAscii(letter.toLowerCase().charAt(0)));
  if (folds) return undefined;
  const ascii = domainToASCII(label);
  const isCanonical = domainToUnicode(ascii) === label.normalize('NFC').toLowerCase();
  return ascii.startsWith('xn--') && isCanonical ? ascii : undefined;
}

function isAscii(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- the range of ASCII begins with control characters
  return /^[\u0000-\u007f]*$/.test(text);
}
