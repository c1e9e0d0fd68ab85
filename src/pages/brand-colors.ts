/** Channels from 0 to 1. */
type Rgb = readonly [red: number, green: number, blue: number];

const white: Rgb = [1, 1, 1];
const black: Rgb = [0, 0, 0];
/** The backgrounds of the cards in packages/web/src/styles.css. Other backgrounds of text there differ little. */
const lightCard: Rgb = [0.93, 0.94, 0.96];
const darkCard: Rgb = [0.155, 0.17, 0.2];

/** WCAG 2.2 success criterion 1.4.3, for text of any size. */
const minContrast = 4.5;

/** A style sheet with the colors of the brand, such that text stays readable in light and dark. `color` is `#rrggbb`. */
export function brandStyle(color: string): string {
  const brand = parse(color);
  const ink = contrast(brand, white) >= contrast(brand, black) ? '#ffffff' : '#000000';
  const rule = (card: Rgb, towards: Rgb) =>
    `:root{--brand:${color};--brand-ink:${ink};--brand-text:${format(readable(brand, card, towards))}}`;
  return `${rule(lightCard, black)}\n@media (prefers-color-scheme:dark){${rule(darkCard, white)}}\n`;
}

/** Moves a color towards black or white until it can be read on the card. */
function readable(color: Rgb, card: Rgb, towards: Rgb): Rgb {
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = mix(color, towards, share);
    if (contrast(mixed, card) >= minContrast) return mixed;
  }
  return towards;
}

/** WCAG 2.2, "contrast ratio": from 1 to 21. */
function contrast(one: Rgb, other: Rgb): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

/** WCAG 2.2, "relative luminance". */
function luminance([red, green, blue]: Rgb): number {
  const linear = (channel: number) => (channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function mix(one: Rgb, other: Rgb, share: number): Rgb {
  return one.map((channel, index) => channel * (1 - share) + other[index]! * share) as unknown as Rgb;
}

function parse(color: string): Rgb {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255) as unknown as Rgb;
}

function format(color: Rgb): string {
  return `#${color
    .map((channel) =>
      Math.round(channel * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
