import Negotiator from 'negotiator';
import { z } from 'zod';

/** The languages of emails and pages. The first is the default. */
export const locales = ['en', 'ko'] as const;
export type Locale = (typeof locales)[number];

export const Locale = z.enum(locales).meta({ description: 'The language of emails.', example: 'ko' });

/** The best match among our languages for an `Accept-Language` header (RFC 9110 section 12.5.4). */
export function localeOf(acceptLanguage: string | undefined): Locale {
  const headers = { 'accept-language': acceptLanguage };
  const [best] = new Negotiator({ headers }).languages([...locales]);
  return (best as Locale | undefined) ?? locales[0];
}

/** The locale of a stored choice. Returns undefined for null and for a language that is no longer supported. */
export function storedLocale(text: string | null): Locale | undefined {
  return locales.find((locale) => locale === text);
}
