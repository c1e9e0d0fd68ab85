import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from './client.mjs';
import { shortened, StoryBroken } from './teller.mjs';

const pollMs = 500;

/** Runs the whole story against the service at `url`. Throws StoryBroken at the first step that goes differently. */
export async function tellStory(url, teller, later = graceTimeIsOver) {
  const send = createClient(url);
  const email = `ada.${randomBytes(4).toString('hex')}@example.com`;
  const scene = { teller, send, ada: { email, password: randomBytes(12).toString('base64url') }, later };
  const { status } = await send('GET', '/health/ready');
  if (status !== 200) throw new StoryBroken(`${url} is not ready: /health/ready responds with ${status}.`);
  teller.note(`The service is at ${url}. Every line below is a request and its response.`);

  const tokens = await register(scene);
  await call(scene, tokens.access_token);
  await refreshOnce(scene, tokens.refresh_token);
  await twoTabs(scene);
  await lostResponse(scene);
  await thief(scene);
  await signOutEverywhere(scene);
  teller.note('\nEverything went as expected.');
}

async function register(scene) {
  scene.teller.chapter('Ada registers');
  const tokens = await act(scene, 'Ada', 'POST', '/auth/register', { body: scene.ada }, { status: 201 });
  const { access_token, refresh_token, expires_in } = tokens;
  scene.teller.note(`         an access token for ${expires_in} s, ${shortened(access_token)}`);
  scene.teller.note(`         and a refresh token, ${shortened(refresh_token)}`);
  return tokens;
}

async function call(scene, token) {
  scene.teller.chapter('The access token says who she is and what she may do');
  await act(scene, 'Ada', 'GET', '/auth/me', { token }, { status: 200 }, (me) => `${me.email}, role ${me.role}`);
  const body = { title: 'First', body: 'Hello' };
  await act(scene, 'Ada', 'POST', '/notes', { token, body }, { status: 201 }, (note) => `a note, "${note.title}"`);
  await act(scene, 'Ada', 'GET', '/notes', { token }, { status: 200 }, ({ notes }) => `${notes.length} note, hers`);
  await act(scene, 'nobody', 'GET', '/notes', {}, { status: 401, code: 'token_missing' });
  await act(scene, 'Ada', 'GET', '/admin/notes', { token }, { status: 403, code: 'forbidden' });
}

async function refreshOnce(scene, token) {
  scene.teller.chapter('A refresh gives the next tokens; Pawl-Refresh says how');
  await refresh(scene, 'Ada', token, 'rotate');
}

async function twoTabs(scene) {
  scene.teller.chapter('Two tabs refresh the same token at once: both continue, and the token has rotated once');
  const { refresh_token } = await signIn(scene);
  const responses = await Promise.all(
    [1, 2].map(() => scene.send('POST', '/auth/refresh', { body: { refresh_token } })),
  );
  const tabs = responses.sort((a, b) => (b.verdict ?? '').localeCompare(a.verdict ?? ''));
  showRefresh(scene, 'tab', refresh_token, tabs[0], 'rotate');
  showRefresh(scene, 'tab', refresh_token, tabs[1], 'replay');
}

async function lostResponse(scene) {
  scene.teller.chapter('A response is lost: Ada sends the same token again');
  const { refresh_token } = await signIn(scene);
  await refresh(scene, 'Ada', refresh_token, 'rotate');
  scene.teller.note('         the train is in a tunnel: this response never arrives');
  await refresh(scene, 'Ada', refresh_token, 'replay');
  scene.teller.note('         this one does not arrive either');
  await waitUntilLater(scene);
  const { refresh_token: next } = await refresh(scene, 'Ada', refresh_token, 'recover');
  await refresh(scene, 'Ada', next, 'hold');
}

async function thief(scene) {
  scene.teller.chapter('A thief copies Ada’s refresh token, and is first to use it');
  const ada = await signIn(scene);
  const stolen = await refresh(scene, 'thief', ada.refresh_token, 'rotate');
  await waitUntilLater(scene);
  scene.teller.note('         to Ada it looks like a lost response');
  const recovered = await refresh(scene, 'Ada', ada.refresh_token, 'recover');
  await waitUntilLater(scene);
  const { access_token } = await refresh(scene, 'Ada', recovered.refresh_token, 'rotate');
  scene.teller.note('         she has moved on, so the thief’s next use gives the theft away');
  await act(scene, 'thief', ...refreshRequest(stolen.refresh_token), { status: 401, code: 'refresh_reused' });
  scene.teller.note('         the session is over for both, and their access tokens too');
  const revoked = { status: 401, code: 'token_revoked' };
  await act(scene, 'thief', 'GET', '/auth/me', { token: stolen.access_token }, revoked);
  await act(scene, 'Ada', 'GET', '/auth/me', { token: access_token }, revoked);
}

async function signOutEverywhere(scene) {
  scene.teller.chapter('Ada signs in again, and signs out everywhere');
  const { access_token: token } = await act(scene, 'Ada', 'POST', '/auth/login', { body: scene.ada }, { status: 200 });
  await act(scene, 'Ada', 'POST', '/auth/logout-all', { token }, { status: 204 });
  await act(scene, 'Ada', 'GET', '/notes', { token }, { status: 401, code: 'token_revoked' });
}

/** A new session for a chapter, without a line. */
async function signIn(scene) {
  const { status, body } = await scene.send('POST', '/auth/login', { body: scene.ada });
  if (status !== 200) throw new StoryBroken(`Ada should be able to sign in; the service responded with ${status}.`);
  return body;
}

async function refresh(scene, who, token, verdict) {
  const [method, path, options] = refreshRequest(token);
  return showRefresh(scene, who, token, await scene.send(method, path, options), verdict);
}

function showRefresh(scene, who, token, response, verdict) {
  return show(scene, who, `POST /auth/refresh ${shortened(token)}`, response, { status: 200, verdict }, (body) =>
    shortened(body.refresh_token),
  );
}

function refreshRequest(token) {
  return ['POST', '/auth/refresh', { body: { refresh_token: token } }];
}

async function act(scene, who, method, path, options, expected, describe) {
  const sent = options.body?.refresh_token ?? options.token;
  const request = `${method} ${path}${sent ? ` ${shortened(sent)}` : ''}`;
  return show(scene, who, request, await scene.send(method, path, options), expected, describe);
}

/** Shows one line. Throws StoryBroken if the response is not the expected one. */
function show({ teller }, who, request, { status, verdict, body }, expected, describe) {
  const words = (response) => [response.status, response.code ?? response.verdict].filter(Boolean).join(' ');
  const received = words({ status, code: body?.code, verdict });
  const asExpected = received === words(expected);
  teller.exchange(who, request, received, asExpected ? describe?.(body) : '');
  if (!asExpected) throw new StoryBroken(`Expected ${words(expected)}; the service responded with ${received}.`);
  teller.assertNotInterrupted();
  return body;
}

async function waitUntilLater(scene) {
  scene.teller.note('         (later than REFRESH_GRACE)');
  await scene.later(scene);
}

/**
 * Resolves when the grace time of every refresh so far is over, whatever REFRESH_GRACE is: refreshes a new session now, and
 * polls until its new token is rotated. The first wait counts up; later ones know how long it took and count down.
 */
async function graceTimeIsOver(scene) {
  const { refresh_token: first } = await signIn(scene);
  const probe = async (token) => scene.send('POST', '/auth/refresh', { body: { refresh_token: token } });
  const { body } = await probe(first);
  const startedAtMs = performance.now();
  const waitedMs = () => performance.now() - startedAtMs;
  for (let verdict = 'hold'; verdict === 'hold';) {
    scene.teller.progress(`         waiting, ${describeWait(waitedMs(), scene.graceMs)}`);
    await sleep(pollMs);
    scene.teller.assertNotInterrupted();
    ({ verdict } = await probe(body.refresh_token));
  }
  scene.graceMs = waitedMs();
  scene.teller.progress('');
}

function describeWait(waitedMs, graceMs) {
  if (graceMs === undefined) return `${Math.floor(waitedMs / 1000)} s so far (30 s by default)`;
  return `${Math.max(1, Math.ceil((graceMs - waitedMs) / 1000))} s left`;
}
