import { randomUUID } from 'node:crypto';
import type { NoteList, NoteView } from '../../src/notes/note.schema.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, makeAdmin, register } from '../support/http.js';

describe("everyone's notes", () => {
  let app: TestApp;
  beforeAll(async () => (app = await startApp()));
  afterAll(() => app.close());

  async function noteOf(title: string) {
    const { access_token: token } = await register(app);
    const note: NoteView = await expectStatus(call(app, 'POST', '/notes', { token, body: { title } }), 201);
    return { token, note };
  }

  it('an admin reads the notes of all users, newest first, page by page', async () => {
    const { access_token: admin } = await makeAdmin(app);
    const first = await noteOf('first');
    const second = await noteOf('second');

    const newest: NoteList = await expectStatus(call(app, 'GET', '/admin/notes?limit=1', { token: admin }), 200);
    expect(newest).toEqual({ notes: [second.note], next_cursor: expect.any(String) });
    const next: NoteList = await expectStatus(
      call(app, 'GET', `/admin/notes?limit=1&cursor=${newest.next_cursor}`, { token: admin }),
      200,
    );
    expect(next.notes).toEqual([first.note]);
  });

  it("an admin deletes anyone's note", async () => {
    const { access_token: admin } = await makeAdmin(app);
    const { token, note } = await noteOf('Spam');

    await expectStatus(call(app, 'DELETE', `/admin/notes/${note.id}`, { token: admin }), 204);
    await expectProblem(call(app, 'GET', `/notes/${note.id}`, { token }), 404, 'not_found');
    await expectProblem(call(app, 'DELETE', `/admin/notes/${note.id}`, { token: admin }), 404, 'not_found');
  });

  it('/notes shows an admin only their own notes', async () => {
    const { access_token: admin } = await makeAdmin(app);
    const { note } = await noteOf('Private');
    await expectProblem(call(app, 'GET', `/notes/${note.id}`, { token: admin }), 404, 'not_found');
  });

  it('callers without the role admin are refused before any id or query is read', async () => {
    const { token, note } = await noteOf('Mine');
    await expectProblem(call(app, 'GET', '/admin/notes?limit=0', { token }), 403, 'forbidden');
    await expectProblem(call(app, 'DELETE', `/admin/notes/${note.id}`, { token }), 403, 'forbidden');
    await expectProblem(call(app, 'DELETE', '/admin/notes/x', { token }), 403, 'forbidden');
    await expectProblem(call(app, 'GET', '/admin/notes'), 401, 'token_missing');
    await expectStatus(call(app, 'GET', `/notes/${note.id}`, { token }), 200);
  });

  it('an unknown or malformed id is 404, a bad page query 400', async () => {
    const { access_token: admin } = await makeAdmin(app);
    await expectProblem(call(app, 'DELETE', `/admin/notes/${randomUUID()}`, { token: admin }), 404, 'not_found');
    await expectProblem(call(app, 'DELETE', '/admin/notes/x', { token: admin }), 404, 'not_found');
    await expectProblem(call(app, 'GET', '/admin/notes?cursor=x', { token: admin }), 400, 'validation_failed');
  });
});
