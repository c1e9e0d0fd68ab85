/**
 * Text that cannot move the cursor of a terminal or reverse its direction: control and format characters and Unicode's own
 * line ends are escaped, except for line feeds and tabs.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Zl}\p{Zp}]|[^\P{C}\n\t]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** JSON that is safe to show on a terminal as well. Means the same: JSON itself escapes only some control characters. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(/[\p{Zl}\p{Zp}]|[^\P{C}\n]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(''),
  );
}

function escaped(codeUnit: number): string {
  return `\\u${codeUnit.toString(16).padStart(4, '0')}`;
}
