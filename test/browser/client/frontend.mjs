/** A frontend that uses the client as its documentation says. The test calls what it puts into `globalThis`. */
import { createPawl } from '@pawl/client';

const query = new URL(location.href).searchParams;

const pawl = createPawl({ url: query.get('url'), mode: query.get('mode') });

/** Each change of who is signed in, as the user's id or null. */
const changes = [];
pawl.onChange((session) => changes.push(session && session.user.id));

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads until a response arrives, as a frontend does that shows something. Returns its status. */
async function read(path) {
  for (let attempt = 0; attempt < 60; attempt++) {
    try {
      const { status } = await pawl.fetch(path);
      // A token of two seconds can expire between the refresh and the call.
      if (status !== 401 || !(await pawl.session())) return status;
    } catch (error) {
      if (error.code !== 'network_error' && !(error instanceof TypeError)) throw error;
      await pause(50);
    }
  }
  return 'no response';
}

const readMany = (count) => Promise.all(Array.from({ length: count }, () => read('/auth/me')));

Object.assign(globalThis, { pawl, changes, read, readMany });
document.title = 'ready';
