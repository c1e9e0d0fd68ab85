interface Response {
  headers?: Record<string, object>;
  content?: Record<string, unknown>;
}

export interface Operation {
  operationId?: string;
  security?: Record<string, string[]>[];
  parameters?: object[];
  requestBody?: unknown;
  responses: Record<string, Response>;
}

const bearer = 'bearer';

/** Adds to an operation what no decorator says: the cookies and headers of its requests and responses. */
export function completeOperation(operation: Operation): void {
  documentCookies(operation);
  documentHeaders(operation);
  documentEventStream(operation);
}

const readsRefreshCookie = new Set(['refresh', 'logout', 'getSession', 'describeEmailLink', 'verifyEmail']);

/** Wherever a browser could send a bearer token, the access cookie will do. */
function documentCookies(operation: Operation): void {
  // Whatever names no way to authenticate is public.
  const named = operation.security ?? [];
  // The arrays are shared between the operations of a controller.
  operation.security = [
    ...named,
    ...(named.some((scheme) => bearer in scheme) ? [{ accessCookie: [] }] : []),
    // `{}`: the token may be in the body, or there may be none.
    ...(readsRefreshCookie.has(operation.operationId ?? '') ? [{ refreshCookie: [] }, {}] : []),
  ];
}

const text = { type: 'string' };
const device = 'Recognises this device, so that other people’s wrong passwords do not delay its sign-in.';
const retryAfter = { description: 'Seconds to wait before the next attempt.', schema: { type: 'integer', minimum: 0 } };
const rateLimit = { description: 'What is left of the limit (draft-ietf-httpapi-ratelimit-headers).', schema: text };
const policy = { description: 'The limit: its name, quota and window in seconds.', schema: text };
const issuedDevice = {
  description: `${device} Store it and send it with the next sign-in. Browsers get a cookie instead.`,
  schema: text,
};
const withDevice = new Set(['login', 'register']);

function documentHeaders(operation: Operation): void {
  const { responses } = operation;
  const add = (response: Response | undefined, headers: Record<string, object>) => {
    if (response) response.headers = { ...response.headers, ...headers };
  };
  add(responses['429'], { 'Retry-After': retryAfter, RateLimit: rateLimit, 'RateLimit-Policy': policy });
  if (operation.operationId !== 'getReadiness') add(responses['503'], { 'Retry-After': retryAfter });
  if (!withDevice.has(operation.operationId ?? '')) return;
  operation.parameters = [
    ...(operation.parameters ?? []),
    {
      name: 'Pawl-Device',
      in: 'header',
      required: false,
      description: `${device} From an earlier sign-in.`,
      schema: text,
    },
  ];
  for (const status of ['200', '201']) add(responses[status], { 'Pawl-Device': issuedDevice });
}

const eventStreamExample = `event: snapshot
data: {"keep_seconds":1200}

id: 1506-h1mPZ0aB
data: {"session_id":"019aa3c8-7d10-7f52-8c66-0b1d2e3f4a5b","at":"2026-11-21T10:00:05.120Z"}

event: current
id: 1506-h1mPZ0aB
data: {"keep_seconds":1200}
`;

/** The decorators describe one media type of a response. */
function documentEventStream({ operationId, responses }: Operation): void {
  if (operationId !== 'followRevocations' || !responses['200']) return;
  responses['200'].content = {
    'text/event-stream': { schema: { type: 'string' }, example: eventStreamExample },
    ...responses['200'].content,
  };
}
