import { foldPassword } from './common-passwords.js';
import { keysOfHangul } from './korean-keyboard.js';

/** The person that the password is for. An attacker who knows the person tries these words first. */
export interface PasswordOwner {
  email: string;
  name?: string | null;
}

export interface PersonalTerm {
  text: string;
  of: 'email address' | 'name';
}

/** Shorter words are part of too many others. */
const minLetters = 3;

/**
 * The email address, its parts, the name and the words of both, longest first. Hangul is also listed as the keys that type it
 * on an English keyboard.
 */
export function personalTerms({ email, name }: PasswordOwner): PersonalTerm[] {
  const address = foldPassword(email);
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  const ofEmail = [address, ...wordsOf(address.slice(0, at)), domain, ...domain.split('.').slice(0, -1)];
  return [
    ...ofEmail.map((text) => ({ text, of: 'email address' as const })),
    ...wordsOf(foldPassword(name ?? '')).map((text) => ({ text, of: 'name' as const })),
  ]
    .flatMap((term) => [term, { ...term, text: keysOfHangul(term.text).toLowerCase() }])
    .filter(({ text }, i, all) => letterWeight(text) >= minLetters && all.findIndex((term) => term.text === text) === i)
    .sort((a, b) => b.text.length - a.text.length);
}

/** The text itself, each word of it, and all of them run together. */
function wordsOf(text: string): string[] {
  const words = text.split(/[^\p{L}\p{N}]+/u);
  return [text, ...words, words.join(''), ...words.flatMap(koreanGivenName)];
}

/** Of three syllables, the first is nearly always the family name. */
function koreanGivenName(word: string): string[] {
  return /^\p{Script=Hangul}{3}$/u.test(word) ? [word.slice(1)] : [];
}

/** Length in letters of an alphabet: a syllable or an ideograph counts as two. */
function letterWeight(word: string): number {
  const dense = word.match(/[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0;
  return Array.from(word).length + dense;
}
