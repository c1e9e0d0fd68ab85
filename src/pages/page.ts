import type { FastifyReply } from 'fastify';
import { escapeHtml } from '../common/html.js';
import type { Locale } from '../common/locale.js';

const style = `
  :root { color-scheme: light dark; background: Canvas; color: CanvasText; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 40rem; margin: 12vh auto 4rem; padding: 0 1.5rem }
  h1 { font-size: 1.5rem }
  label { display: block; margin: 1.5rem 0 0.25rem }
  input { box-sizing: border-box; width: 100%; padding: 0.6rem; font: inherit }
  button { margin-top: 1.5rem; padding: 0.6rem 1.2rem; font: inherit; cursor: pointer }
  .rows { padding: 0; list-style: none }
  .rows li { padding: 0.75rem 0; border-bottom: 1px solid #8885; overflow-wrap: anywhere }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid #8885 }
  iframe { width: 100%; height: 26rem; border: 1px solid #8885; background: #fff }
  h2 { font-size: 1.125rem }
  [role=status] { margin-top: 1.5rem; font-weight: 600 }
`;

/** Sends an HTML page. `body` is HTML. Nothing is loaded from another origin, and scripts are files of our own. */
export function sendPage(reply: FastifyReply, locale: Locale, title: string, body: string): void {
  void reply.type('text/html; charset=utf-8').send(`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`);
}
