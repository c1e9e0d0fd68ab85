import { Agent, request } from 'node:http';

/** One kept-alive connection: one request at a time, the cheapest client that Node has. */
export class Connection {
  #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  #url;

  constructor(url) {
    this.#url = new URL(url);
  }

  get(path, headers) {
    return this.#send('GET', path, headers);
  }

  /** `body` is sent as JSON. Without it, the request has no body. */
  post(path, body, headers) {
    if (body === undefined) return this.#send('POST', path, headers);
    const text = JSON.stringify(body);
    const ofBody = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    return this.#send('POST', path, { ...headers, ...ofBody }, text);
  }

  /** `fields` are sent as a form. */
  postForm(path, fields) {
    const text = new URLSearchParams(fields).toString();
    const ofBody = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(text),
    };
    return this.#send('POST', path, ofBody, text);
  }

  close() {
    this.#agent.destroy();
  }

  /** Resolves with `{ status, text }`. */
  #send(method, path, headers, body) {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#url;
      const sent = request({ agent: this.#agent, hostname, port, method, path, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.once('error', reject).once('end', () => resolve({ status: response.statusCode, text }));
      });
      sent.once('error', reject).end(body);
    });
  }
}
