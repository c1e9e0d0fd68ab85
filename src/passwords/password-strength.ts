import { Injectable } from '@nestjs/common';
import type { ZxcvbnResult } from '@zxcvbn-ts/core';
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import common from '@zxcvbn-ts/language-common';
import { CommonPasswords, foldPassword } from './common-passwords.js';
import { keysOfHangul, koreanPasswordWords } from './korean-keyboard.js';
import type { PasswordOwner, PersonalTerm } from './personal-terms.js';
import { personalTerms } from './personal-terms.js';

/** A password that an attacker finds with fewer guesses is refused. Eight random characters need 10^8. */
const minGuesses = 10 ** 7;

/** The estimate takes more than linear time, so it reads this many characters at each end. */
const maxEstimatedCharacters = 24;

/** Ways to read a text as leetspeak. Each costs time, and more find nothing more (docs/passwords.md). */
const maxLeetReadings = 8;

/** This many characters must remain without the words of the owner. */
const minCharactersBeside = 8;

/** Around a common password, people add up to this many digits and signs to satisfy a policy. */
const maxAddedCharacters = 5;

/** What remains of a common password must still be a word. */
const minCoreCharacters = 4;

const tooCommon = 'is, or is close to, one of the most common passwords';
const tooRegular = 'must not be a sequence, a repetition, a date or a keyboard pattern';
const tooPersonal = (of: PersonalTerm['of']) => `must not be based on your ${of}`;

/** Decides whether a password is easy to guess (NIST SP 800-63B-4 section 3.1.1.2). */
@Injectable()
export class PasswordStrength {
  /** Made for the first password: its lists of words take 35 ms and 4 MB. */
  private estimator: ZxcvbnFactory | undefined;

  constructor(private readonly commonPasswords: CommonPasswords) {}

  /** Why a password is too easy to guess, in words for its owner. Returns undefined if it is not. Expects a bounded length. */
  weaknessOf(password: string, owner: PasswordOwner): string | undefined {
    const folded = foldPassword(password);
    const terms = personalTerms(owner);
    const used = terms.filter(({ text }) => folded.includes(text));
    const rest = used.reduce((text, term) => text.replaceAll(term.text, ''), folded);
    if (used[0] && Array.from(rest).length < minCharactersBeside) return tooPersonal(used[0].of);
    if (this.commonPasswords.has(folded) || this.commonPasswords.has(withoutAdditions(folded))) return tooCommon;

    const estimates = partsToEstimate(keysOfHangul(folded)).map((part) => this.estimateGuesses(part, terms));
    if (estimates.some(({ guesses }) => guesses >= minGuesses)) return undefined;
    return reasonOf(estimates[0]!, terms);
  }

  private estimateGuesses(text: string, terms: readonly PersonalTerm[]): ZxcvbnResult {
    this.estimator ??= createEstimator();
    return this.estimator.check(
      text,
      terms.map((term) => keysOfHangul(term.text)),
    );
  }
}

function createEstimator(): ZxcvbnFactory {
  return new ZxcvbnFactory({
    dictionary: { ...common.dictionary, korean: koreanPasswordWords.map(keysOfHangul) },
    graphs: common.adjacencyGraphs,
    l33tMaxSubstitutions: maxLeetReadings,
  });
}

/** The whole text, or both ends of a long one: a strong end makes up for a weak one. */
export function partsToEstimate(text: string): string[] {
  if (text.length <= maxEstimatedCharacters) return [text];
  return [text.slice(0, maxEstimatedCharacters), text.slice(-maxEstimatedCharacters)];
}

/** The text without digits and signs at its ends, if there are few of them. */
function withoutAdditions(text: string): string {
  const letters = [...text.matchAll(/\p{L}/gu)];
  const [first, last] = [letters.at(0), letters.at(-1)];
  const core = first && last ? text.slice(first.index, last.index + last[0].length) : '';
  return text.length - core.length <= maxAddedCharacters && core.length >= minCoreCharacters ? core : text;
}

/** Names the longest part of the password that an attacker would guess. */
function reasonOf({ sequence }: ZxcvbnResult, terms: readonly PersonalTerm[]): string {
  const [longest] = [...sequence]
    .filter(({ pattern }) => pattern !== 'bruteforce')
    .sort((a, b) => b.token.length - a.token.length);
  if (longest?.pattern !== 'dictionary') return tooRegular;
  const term = terms.find(({ text }) => keysOfHangul(text) === longest.matchedWord);
  return term && longest.dictionaryName === 'userInputs' ? tooPersonal(term.of) : tooCommon;
}
