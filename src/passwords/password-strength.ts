/** Whose password it is going to be: what an attacker who knows the person tries first. */
export interface PasswordOwner {
  email: string;
  name?: string | null;
}

/** As a common password is looked up: NFKC, and without case. */
export function foldPassword(password: string): string {
  return password.normalize('NFKC').toLowerCase();
}

/** Characters that people add around a common password to please a policy: as many are looked through. */
const maxAddedCharacters = 5;

/** What is left of a common word must still be a word. */
const minCoreCharacters = 4;

/** So many make a password even without the three letters of a name. */
const minCharactersBeside = 8;

/** Repeating so few characters makes nothing harder to guess. */
const maxRepeatedCharacters = 3;

/** Ordinary letters for those that people put in their places. */
const leet: Readonly<Record<string, string>> = {
  '@': 'a',
  4: 'a',
  3: 'e',
  1: 'i',
  '!': 'i',
  0: 'o',
  $: 's',
  5: 's',
  7: 't',
};

/**
 * Why a password is too easy to guess, in words for its owner; undefined if it is not. `isCommon` is asked for folded
 * texts.
 */
export function passwordWeakness(
  password: string,
  owner: PasswordOwner,
  isCommon: (folded: string) => boolean,
): string | undefined {
  const folded = foldPassword(password);
  // NIST SP 800-63B section 3.1.1.2: context-specific words, repetitive or sequential characters, known passwords.
  const term = personalTerms(owner).find(({ text }) => isBuiltOn(folded, text));
  if (term) return `must not contain your ${term.of}`;
  if (isSequence(folded)) return 'must not be a sequence or a repetition of characters';
  if (spellings(folded).some(isCommon)) return 'is, or is close to, one of the most common passwords';
  return undefined;
}

/** The address's part before the `@`, the name, and the words of both. */
function personalTerms({ email, name }: PasswordOwner): { text: string; of: 'e-mail address' | 'name' }[] {
  const fromEmail = wordsOf(email.slice(0, email.lastIndexOf('@')));
  return [
    ...fromEmail.map((text) => ({ text, of: 'e-mail address' as const })),
    ...wordsOf(name ?? '').map((text) => ({ text, of: 'name' as const })),
  ];
}

/** The text itself, each word of it, and all of them run together. */
function wordsOf(text: string): string[] {
  const folded = foldPassword(text);
  const words = folded.split(/[^\p{L}\p{N}]+/u);
  return [folded, ...words, words.join('')];
}

/** Whether it contains the word; a word of three letters may be part of another, if there is a password around it. */
function isBuiltOn(folded: string, word: string): boolean {
  const weight = letterWeight(word);
  if (weight < 3 || !folded.includes(word)) return false;
  return weight > 3 || Array.from(folded.replaceAll(word, '')).length < minCharactersBeside;
}

/** In letters of an alphabet: a syllable or an ideograph tells as much as two. */
function letterWeight(word: string): number {
  const dense = word.match(/[\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0;
  return Array.from(word).length + dense;
}

/** `aaaaaaaa`, `12345678`, `hgfedcba`, or a few characters over and over. */
function isSequence(text: string): boolean {
  const codePoints = Array.from(text, (character) => character.codePointAt(0)!);
  const step = codePoints[1]! - codePoints[0]!;
  if (Math.abs(step) <= 1 && codePoints.every((point, i) => i === 0 || point - codePoints[i - 1]! === step))
    return true;
  const unit = repeatedUnit(codePoints);
  return unit !== undefined && unit <= maxRepeatedCharacters;
}

/** Length of the shortest text that the whole repeats; undefined if there is none. */
function repeatedUnit(items: readonly unknown[]): number | undefined {
  for (let length = 1; length <= items.length / 2; length++) {
    if (items.length % length === 0 && items.every((item, i) => item === items[i % length])) return length;
  }
  return undefined;
}

/** The text, without what was added around it, said once instead of repeated, and each with ordinary letters. */
function spellings(folded: string): string[] {
  const characters = Array.from(folded);
  const unit = repeatedUnit(characters);
  const said = unit === undefined ? [folded] : [folded, characters.slice(0, unit).join('')];
  const cores = said.flatMap((text) => [text, ...withoutAdditions(text)]);
  return cores.flatMap((text) => [text, ordinaryLetters(text)]);
}

function withoutAdditions(text: string): string[] {
  const core = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  const added = text.length - core.length;
  return added > 0 && added <= maxAddedCharacters && core.length >= minCoreCharacters ? [core] : [];
}

function ordinaryLetters(text: string): string {
  return text.replace(/[@4310!$57]/g, (character) => leet[character]!);
}
