import { randomUUID } from 'node:crypto';
import type { NoteList, NoteView } from '../../src/notes/note.schema.js';
import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';
import { call, expectProblem, expectStatus, register } from '../support/http.js';

async function addNotes(app: TestApp, userId: string, count: number): Promise<void> {
  await app.db.query(
    `INSERT INTO notes (user_id, id, title, body, created_at, updated_at)
     SELECT $1, gen_random_uuid(), 'Note', repeat('x', 2000), now(), now() FROM generate_series(1, $2::int)`,
    [userId, count],
  );
}

describe('notes', () => {
  let app: TestApp;
  beforeAll(async () => (app = await startApp()));
  afterAll(() => app.close());

  const write = (token: string, body: unknown) => call(app, 'POST', '/notes', { token, body });
  const written = async (token: string, body: unknown): Promise<NoteView> => {
    const note: NoteView = await expectStatus(write(token, body), 201);
    return note;
  };
  const list = async (token: string, query = ''): Promise<NoteList> => {
    const page: NoteList = await expectStatus(call(app, 'GET', `/notes${query}`, { token }), 200);
    return page;
  };
  const someone = async () => (await register(app)).access_token;

  it('a note belongs to the user whose token wrote it', async () => {
    const { access_token: token, user } = await register(app);

    const note = await written(token, { title: 'Groceries', body: 'Bread, salt' });
    expect(note).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      user_id: user.id,
      title: 'Groceries',
      body: 'Bread, salt',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: note.created_at,
    });
    expect(await expectStatus(call(app, 'GET', `/notes/${note.id}`, { token }), 200)).toEqual(note);
    expect(await list(token)).toEqual({
      notes: [note],
      next_cursor: null,
    });
  });

  it('its owner changes it field by field and deletes it', async () => {
    const token = await someone();
    const note = await written(token, { title: 'Groceries' });
    expect(note.body).toBe('');
    app.clock.advanceSeconds(1);

    const changed: NoteView = await expectStatus(
      call(app, 'PATCH', `/notes/${note.id}`, { token, body: { body: 'Bread' } }),
      200,
    );
    expect(changed).toEqual({ ...note, body: 'Bread', updated_at: expect.any(String) });
    expect(Date.parse(changed.updated_at)).toBeGreaterThan(Date.parse(note.updated_at));
    const renamed = await expectStatus(
      call(app, 'PATCH', `/notes/${note.id}`, { token, body: { title: 'Food' } }),
      200,
    );
    expect(renamed).toMatchObject({ title: 'Food', body: 'Bread' });

    expect(await call(app, 'DELETE', `/notes/${note.id}`, { token })).toMatchObject({ status: 204, body: undefined });
    await expectProblem(call(app, 'GET', `/notes/${note.id}`, { token }), 404, 'not_found');
    await expectProblem(call(app, 'DELETE', `/notes/${note.id}`, { token }), 404, 'not_found');
  });

  it("another user's note cannot be read, changed, deleted or listed", async () => {
    const owner = await someone();
    const stranger = await someone();
    const note = await written(owner, { title: 'Private' });
    const path = `/notes/${note.id}`;

    await expectProblem(call(app, 'GET', path, { token: stranger }), 404, 'not_found');
    await expectProblem(call(app, 'PATCH', path, { token: stranger, body: { title: 'Mine' } }), 404, 'not_found');
    await expectProblem(call(app, 'DELETE', path, { token: stranger }), 404, 'not_found');
    expect(await list(stranger)).toMatchObject({ notes: [] });
    expect(await expectStatus(call(app, 'GET', path, { token: owner }), 200)).toEqual(note);
  });

  it('an owner named in the body or query is refused or ignored', async () => {
    const token = await someone();
    const { user: other } = await register(app);
    await expectProblem(write(token, { title: 'For you', user_id: other.id }), 400, 'validation_failed');
    await written(token, { title: 'Mine' });
    const { notes } = await list(token, `?user_id=${other.id}`);
    expect(notes).toMatchObject([{ title: 'Mine' }]);
  });

  it('lists are newest first, and their pages contain each note once', async () => {
    const token = await someone();
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) ids.unshift((await written(token, { title: `${i}` })).id);

    const seen: string[] = [];
    const sizes: number[] = [];
    let query = '?limit=3';
    for (;;) {
      const page = await list(token, query);
      seen.push(...page.notes.map(({ id }) => id));
      sizes.push(page.notes.length);
      if (page.next_cursor === null) break;
      query = `?limit=3&cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual(ids);
    expect(sizes).toEqual([3, 3, 1]);
  });

  it('the page with the last note is the last, and a note written meanwhile moves no page', async () => {
    const token = await someone();
    for (const title of ['first', 'second', 'third']) await written(token, { title });

    const all = await list(token, '?limit=3');
    expect(all.next_cursor).toBeNull();
    const newest = await list(token, '?limit=1');
    await written(token, { title: 'fourth' });
    const rest = await list(token, `?cursor=${newest.next_cursor}`);
    expect(rest.notes).toMatchObject([{ title: 'second' }, { title: 'first' }]);
  });

  it('a page has 20 notes by default', async () => {
    const token = await someone();
    for (let i = 0; i < 21; i++) await written(token, { title: `${i}` });
    expect((await list(token)).notes).toHaveLength(20);
    expect((await list(token, '?limit=100&sort=up')).notes).toHaveLength(21);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=-1',
    'limit=1.5',
    'limit=ten',
    'limit=',
    'limit=1&limit=2',
    'cursor=',
    'cursor=nonsense',
    `cursor=${randomUUID()}`,
    'cursor=a&cursor=b',
  ])('a list refuses %s', async (query) => {
    await expectProblem(call(app, 'GET', `/notes?${query}`, { token: await someone() }), 400, 'validation_failed');
  });

  it.each([
    ['no title', { body: 'x' }],
    ['an empty title', { title: '' }],
    ['a title of white space', { title: ' \n' }],
    ['a title of 201 characters', { title: 'x'.repeat(201) }],
    ['a body of 20,001 characters', { title: 'x', body: 'x'.repeat(20_001) }],
    ['a title that is not text', { title: 1 }],
    ['a body of null', { title: 'x', body: null }],
    ['an unknown key', { title: 'x', colour: 'red' }],
    ['U+0000', { title: 'x', body: 'a\u0000b' }],
    ['a lone surrogate', { title: 'x\ud800' }],
    ['a list', [{ title: 'x' }]],
    ['null', null],
  ])('a note with %s is refused', async (_, body) => {
    const { body: problem } = await expectProblem(write(await someone(), body), 400, 'validation_failed');
    expect(problem).toMatchObject({ errors: [{ path: expect.any(String), message: expect.any(String) }] });
  });

  it('the longest title and body fit, counted in characters', async () => {
    const token = await someone();
    const longest = { title: '😀'.repeat(200), body: 'ß'.repeat(20_000) };
    expect(await written(token, longest)).toMatchObject(longest);
  });

  it.each([
    ['nothing', {}],
    ['an empty title', { title: '' }],
    ['an unknown key', { title: 'x', user_id: randomUUID() }],
    ['a title of null', { title: null }],
  ])('a change of %s is refused', async (_, body) => {
    const token = await someone();
    const note = await written(token, { title: 'Groceries' });
    await expectProblem(call(app, 'PATCH', `/notes/${note.id}`, { token, body }), 400, 'validation_failed');
    expect(await expectStatus(call(app, 'GET', `/notes/${note.id}`, { token }), 200)).toEqual(note);
  });

  it.each(['1', 'x', randomUUID().slice(1), `${randomUUID()}0`, '%00', "'"])(
    'a malformed id (%s) is 404',
    async (id) => {
      const token = await someone();
      await expectProblem(call(app, 'GET', `/notes/${id}`, { token }), 404, 'not_found');
      await expectProblem(call(app, 'PATCH', `/notes/${id}`, { token, body: { title: 'x' } }), 404, 'not_found');
      await expectProblem(call(app, 'DELETE', `/notes/${id}`, { token }), 404, 'not_found');
    },
  );

  it('an id may be written in upper case', async () => {
    const token = await someone();
    const note = await written(token, { title: 'Groceries' });
    expect(await expectStatus(call(app, 'GET', `/notes/${note.id.toUpperCase()}`, { token }), 200)).toEqual(note);
  });

  it('a user has at most 10,000 notes, and can write again after deleting one (attack: filling the database)', async () => {
    const { access_token: token, user } = await register(app);
    await addNotes(app, user.id, 9999);
    const last = await written(token, { title: 'The last' });
    await expectProblem(write(token, { title: 'One too many' }), 409, 'limit_reached');
    await written(await someone(), { title: 'Of another user' });
    await expectStatus(call(app, 'DELETE', `/notes/${last.id}`, { token }), 204);
    await written(token, { title: 'Fits again' });
  });

  it('a user who is deleted during the request gets token_revoked', async () => {
    const { access_token: token, user } = await register(app);
    await app.db.query('DELETE FROM users WHERE id = $1', [user.id]);
    await expectProblem(write(token, { title: 'Too late' }), 401, 'token_revoked');
  });

  it.each(['GET /notes', 'POST /notes', 'GET /notes/x', 'PATCH /notes/x', 'DELETE /notes/x'])(
    '%s needs an access token',
    async (operation) => {
      const [method = '', path = ''] = operation.split(' ');
      await expectProblem(call(app, method, path), 401, 'token_missing');
    },
  );
});
