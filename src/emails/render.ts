import { escapeHtml } from '../common/html.js';
import type { Locale } from '../common/locale.js';
import type { EmailWords } from './email-words.js';

const buttonStyle =
  'display:inline-block;padding:12px 20px;border-radius:6px;background:#1f4fd8;color:#ffffff;text-decoration:none';
const bodyStyle = 'margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#ffffff';

/** The email as plain text. */
export function renderText({ opening, closing }: EmailWords, link: string | undefined): string {
  return `${[...opening, ...(link === undefined ? [] : [link]), ...closing].join('\n\n')}\n`;
}

/** The email as HTML. It loads nothing, so reading it is not visible to anyone. */
export function renderHtml(words: EmailWords, link: string | undefined, locale: Locale): string {
  const { subject, opening, link: label, closing } = words;
  const button =
    link === undefined || label === undefined
      ? []
      : [
          `<p><a href="${escapeHtml(link)}" style="${buttonStyle}">${escapeHtml(label)}</a></p>`,
          `<p style="font-size:13px;color:#555555;word-break:break-all">${escapeHtml(link)}</p>`,
        ];
  const paragraphs = [...opening.map(toParagraph), ...button, ...closing.map(toParagraph)];
  return `<!doctype html>
<html lang="${locale}">
<head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="${bodyStyle}">
<div style="max-width:520px">
${paragraphs.join('\n')}
</div>
</body>
</html>
`;
}

function toParagraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}
