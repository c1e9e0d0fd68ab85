/**
 * Text that cannot move the cursor of a terminal or reverse its direction: control and format characters are escaped, except
 * for line feeds and tabs.
 */
export function printable(text: string): string {
  return text.replace(/[^\P{C}\n\t]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}
