import Negotiator from 'negotiator';
import { z } from 'zod';

/** The languages in which Pawl writes to people; the first where they name none of them. */
export const locales = ['en', 'ko'] as const;
export type Locale = (typeof locales)[number];

export const Locale = z.enum(locales).meta({ description: 'The language of mails.', example: 'ko' });

/** The best of ours that an `Accept-Language` header asks for (RFC 9110 section 12.5.4). */
export function localeOf(acceptLanguage: string | undefined): Locale {
  const headers = { 'accept-language': acceptLanguage };
  const [best] = new Negotiator({ headers }).languages([...locales]);
  return (best as Locale | undefined) ?? locales[0];
}

/** As `localeOf` of a choice that was stored: null, and a language that is no more, are no choice. */
export function storedLocale(text: string | null): Locale | undefined {
  return locales.find((locale) => locale === text);
}
