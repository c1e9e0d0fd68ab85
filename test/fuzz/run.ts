import fc from 'fast-check';
import type { Upstream } from '../identities/upstream.js';
import type { TestApp } from '../support/app.js';
import { call } from '../support/http.js';
import type { ApiDocument, Operation } from './api-document.js';
import { readDocument } from './api-document.js';
import { Credentials } from './credentials.js';
import { learnMails } from './mails.js';
import { Memory } from './memory.js';
import type { PlannedRequest } from './planned-request.js';
import { ordinaryRequest, plannedRequest } from './planned-request.js';
import { Preparations } from './preparations.js';
import { codeOf, enoughHeadBytes, headBytes, Promises } from './promises.js';
import type { Received, SentRequest } from './sender.js';
import { Sender, toSent } from './sender.js';

/** A promise that a response broke, with the first request that showed it. */
export interface Finding {
  operation: string;
  broken: string;
  times: number;
  credential: string;
  request: string;
  response: string;
}

export interface FuzzResult {
  requests: number;
  findings: Finding[];
  /** How many responses of each status. */
  statuses: Record<number, number>;
  /** Of each operation: how many responses of each status and code. */
  responses: Record<string, Record<string, number>>;
  /** Operations that no request had a success with, so that nothing is known of its schema. */
  neverSucceeded: string[];
}

export interface FuzzOptions {
  requests: number;
  seed: number;
  /** Only operations of which this is a part of the name, such as `POST /auth`. */
  only?: string;
  /** Sends no credentials, and only to operations that ask for none. */
  isAnonymous?: boolean;
  /** The instance at which callers sign in, if the other one limits that. */
  signInAt?: TestApp;
  /** The provider `corp`. Without it, nothing is prepared for a request. */
  upstream?: Upstream;
  /** After each round over all operations. */
  afterRound?: (round: number) => void;
}

const requestsOfOperationPerRound = 4;
/** To an operation that had no success in the rounds. */
const maxFurtherRequests = 60;
const shownCharacters = 1000;

/** Sends requests to every operation of the document in turn, and holds each response against it. */
export async function fuzz(app: TestApp, options: FuzzOptions): Promise<FuzzResult> {
  const { requests, seed, afterRound } = options;
  const document = readDocument((await call(app, 'GET', '/docs-json')).body);
  const memory = new Memory();
  memory.remember('/auth/providers', 'corp');
  let asked = 0;
  memory.provide('token', () => memory.nth('mailed token', asked++));
  const credentials = await Credentials.create(options.signInAt ?? app, memory);
  const preparations = options.upstream && new Preparations(app, options.upstream);
  const run = new Run(document, memory, credentials, new Sender(app.url), preparations);
  try {
    for (let round = 0; run.sent < requests; round++) {
      for (const plan of plansOfRound(document, seed + round, options)) await run.send(plan);
      await learnMails(app, memory);
      afterRound?.(round);
    }
    if (!options.isAnonymous) {
      for (const operation of operationsOf(document, options)) await reach(operation, document, run, seed);
    }
  } finally {
    run.close();
  }
  return run.result(operationsOf(document, options));
}

function operationsOf({ operations }: ApiDocument, { only = '', isAnonymous }: FuzzOptions): Operation[] {
  return operations.filter(
    ({ method, path, security }) => `${method} ${path}`.includes(only) && !(isAnonymous && security.includes('bearer')),
  );
}

/** Sends what a client would send, each time as somebody new, until the operation succeeds, if it has not yet. */
async function reach(operation: Operation, document: ApiDocument, run: Run, seed: number): Promise<void> {
  const sampled = { seed, numRuns: maxFurtherRequests };
  for (const plan of fc.sample(ordinaryRequest(document, operation), sampled)) {
    if (run.hasSucceeded(operation)) return;
    await run.sendAsSomebodyNew({ ...plan, prepared: 'whole' });
  }
}

/** A few requests of every operation, in an order of their own: what one changes, the next ones meet. */
function plansOfRound(document: ApiDocument, seed: number, options: FuzzOptions): PlannedRequest[] {
  const { only, isAnonymous } = options;
  const plans = operationsOf(document, options).flatMap((operation) => {
    const index = document.operations.indexOf(operation);
    const sampled = { seed: seed * document.operations.length + index, numRuns: requestsOfOperationPerRound };
    return fc.sample(plannedRequest(document, operation), sampled);
  });
  if (plans.length === 0) throw new Error(`FUZZ_ONLY=${only} names no operation that this caller may ask for.`);
  const shuffled = fc.sample(fc.shuffledSubarray(plans, { minLength: plans.length }), { seed, numRuns: 1 })[0]!;
  return isAnonymous ? shuffled.map((plan) => ({ ...plan, credential: 'none' })) : shuffled;
}

class Run {
  sent = 0;
  private readonly findings = new Map<string, Finding>();
  private readonly statuses: Record<number, number> = {};
  private readonly responses: Record<string, Record<string, number>> = {};
  private readonly succeeded = new Set<Operation>();
  private readonly promises: Promises;

  constructor(
    document: ApiDocument,
    private readonly memory: Memory,
    private readonly credentials: Credentials,
    private readonly sender: Sender,
    private readonly preparations: Preparations | undefined,
  ) {
    this.promises = new Promises(document);
  }

  async send(plan: PlannedRequest): Promise<void> {
    const prepared = plan.prepared === 'no' ? undefined : await this.preparations?.prepare(plan.operation);
    const credential = prepared?.headers ?? (await this.credentials.headersOf(plan.credential));
    const sent = toSent(plan, this.memory, credential, prepared);
    // Nobody has read the method of a head that is too large, so its response has a body, which breaks the client of a HEAD.
    if (sent.method === 'HEAD' && headBytes(sent) > enoughHeadBytes) return;
    const response = await this.sender.send(sent);
    this.sent++;
    this.statuses[response.status] = (this.statuses[response.status] ?? 0) + 1;
    const name = `${plan.operation.method} ${plan.operation.path}`;
    const shown = `${response.status} ${codeOf(response)}`.trim();
    const counts = (this.responses[name] ??= {});
    if (plan.method === plan.operation.method) counts[shown] = (counts[shown] ?? 0) + 1;
    const faults = this.promises.broken(sent, plan.operation, response);
    for (const broken of faults) this.note(name, broken, plan, sent, response);
    if (faults.length === 0 && this.promises.isSuccess(sent, plan.operation, response))
      this.succeeded.add(plan.operation);
    if (shown.endsWith('insufficient_user_authentication')) this.credentials.expire(plan.credential);
    if (response.status < 400 || response.status === 401) this.learn(plan, sent, response);
  }

  /** What earlier requests have done to the caller does not matter. */
  async sendAsSomebodyNew(plan: PlannedRequest): Promise<void> {
    this.credentials.expire(plan.credential);
    await this.send(plan);
  }

  hasSucceeded(operation: Operation): boolean {
    return this.succeeded.has(operation);
  }

  private learn({ operation, method }: PlannedRequest, sent: SentRequest, { status, text }: Received): void {
    if (text.startsWith('{')) this.memory.learn(operation.path, JSON.parse(text));
    const { email } = (sent.json ?? {}) as { email?: unknown };
    if (typeof email === 'string' && status < 300) this.memory.remember('email', email);
    if (status < 300 && method !== 'GET') this.credentials.doubt();
  }

  private note(operation: string, broken: string, plan: PlannedRequest, sent: SentRequest, response: Received): void {
    const key = `${operation}: ${broken}`;
    const known = this.findings.get(key);
    if (known) {
      known.times++;
      return;
    }
    const headers = sent.headers.map((header) => header.join(': ').slice(0, 60)).join('\n');
    this.findings.set(key, {
      operation,
      broken,
      times: 1,
      credential: plan.credential,
      request: `${sent.method} ${sent.path}\n${headers}\n\n${sent.body?.toString() ?? ''}`.slice(0, shownCharacters),
      response: response.text.slice(0, shownCharacters),
    });
  }

  result(operations: readonly Operation[]): FuzzResult {
    const { sent: requests, statuses, responses } = this;
    const failed = operations.filter((operation) => !this.hasSucceeded(operation));
    const neverSucceeded = failed.map(({ method, path }) => `${method} ${path}`);
    return { requests, findings: [...this.findings.values()], statuses, responses, neverSucceeded };
  }

  close(): void {
    this.sender.close();
  }
}
