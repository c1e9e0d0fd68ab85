import type { Locale } from '../common/locale.js';
import type { EmailTemplate } from './email-templates.js';
import { english } from './english.js';
import { korean } from './korean.js';

/** What the words of an email mention. */
export interface EmailFacts {
  /** The host by which readers know the service. */
  site: string;
  /** How long the link works; 0 if there is no link. */
  minutes: number;
  /** The code beside the link; empty if there is none. */
  code: string;
}

/**
 * The words of an email in one language, as paragraphs of plain text. Nothing in them comes from a user, so nobody can use
 * Pawl to write to strangers.
 */
export interface EmailWords {
  subject: string;
  /** Before the link. */
  opening: string[];
  /** The label of the link; undefined if there is no link. */
  link?: string;
  /** After the link. */
  closing: string[];
}

export type WordsByTemplate = Readonly<Record<EmailTemplate, EmailWords>>;

export const emailWords: Readonly<Record<Locale, (facts: EmailFacts) => WordsByTemplate>> = { en: english, ko: korean };
