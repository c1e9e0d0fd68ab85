/** @pawl/client: where tokens go, and what becomes of them. */
export const client = [
  {
    name: 'the access token goes to any site',
    suite: 'packages/client/test/sessions.spec',
    file: 'packages/client/src/transport.ts',
    find: 'if (this.origins.has(origin)) return',
    replace: 'if (origin) return',
  },
  {
    name: 'the access token goes to the host that a path such as //evil.example names',
    suite: 'packages/client/test/sessions.spec',
    file: 'packages/client/src/transport.ts',
    find: "input.startsWith('/') ? this.base.href.slice(0, -1) + input : input",
    replace: 'input',
  },
  {
    name: 'Pawl gets the cookies of the application',
    suite: 'packages/client/test/server.spec',
    file: 'packages/client/src/server-request.ts',
    find: "headers.set('Cookie', this.ownCookies);",
    replace: "headers.set('Cookie', this.cookie);",
  },
  {
    name: 'a sign-out forgets nothing while the service is away',
    suite: 'packages/client/test/sessions.spec',
    file: 'packages/client/src/sign-in-flow.ts',
    find: `this.state.replace(undefined);
      if (refreshToken === undefined) return;`,
    replace: 'if (refreshToken === undefined) return;',
  },
  {
    name: 'a response that is late is stored over newer tokens',
    suite: 'packages/client/test/sessions.spec',
    file: 'packages/client/src/refresher.ts',
    find: 'supersedes(next, this.holder.load(), presented)',
    replace: 'supersedes(next, this.holder.load(), this.holder.load()?.refreshToken)',
  },
  {
    name: 'a refusal that is late signs a newer session out',
    suite: 'packages/client/test/sessions.spec',
    file: 'packages/client/src/refresher.ts',
    find: 'if (this.transport.usesCookies ? now === held : now?.refreshToken === presented) this.holder.end();',
    replace: 'this.holder.end();',
  },
  {
    name: 'a refusal to a tab that knows of no session ends the session of another tab',
    suite: 'packages/client/test/sessions.spec',
    file: 'packages/client/src/session-state.ts',
    find: 'if (this.session) this.replace(undefined);\n    else this.know(null);',
    replace: 'this.replace(undefined);',
  },
  {
    name: 'the response to a refresh takes the place of another user who has signed in meanwhile',
    suite: 'packages/client/test/sessions.spec',
    file: 'packages/client/src/session.ts',
    find: 'if (held?.session.id !== next.session.id) return false;',
    replace: 'if (!held) return false;',
  },
];
