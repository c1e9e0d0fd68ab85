/** The server of an application that has Pawl at its own origin: it forwards Pawl's paths, and renders pages itself. */
import { createPawlServer } from '@pawl/client/server';

/** What the browser asks Pawl for. In production, let your reverse proxy forward these. */
const pawlPaths = /^\/(auth|account|notes)(\/|$)/;

/** Headers of one connection, not of the request (RFC 9110 section 7.6.1). */
const ownHeaders = ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive'];

export function createApplication(pawlUrl: string): (request: Request) => Promise<Response> {
  const pawl = createPawlServer({ url: pawlUrl });

  return async (request) => {
    const { pathname, search } = new URL(request.url);
    if (pawlPaths.test(pathname)) return forward(request, pawlUrl + pathname + search);

    const visitor = pawl.forRequest(request);
    const session = await visitor.session();
    const notes = session ? await visitor.api.GET('/notes') : undefined;
    const page = session
      ? `<h1>${escapeHtml(session.user.email)}</h1><p>${notes?.data?.notes.length ?? 'Unknown number of'} notes</p>`
      : '<h1>Nobody is signed in</h1>';
    const response = new Response(`<!doctype html><title>Example</title>${page}`, {
      headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'private, no-store' },
    });
    // The last step: the cookies of a refresh, if there was one.
    visitor.appendTo(response.headers);
    return response;
  };
}

async function forward(request: Request, url: string): Promise<Response> {
  const headers = new Headers(request.headers);
  for (const name of ownHeaders) headers.delete(name);
  const body = request.body ? await request.arrayBuffer() : undefined;
  return fetch(url, { method: request.method, headers, body, redirect: 'manual' });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
