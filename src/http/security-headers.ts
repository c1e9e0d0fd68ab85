import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HelmetOptions } from 'helmet';
import helmet from 'helmet';
import type { Config } from '../config/config.js';

const hstsMaxAgeSeconds = 180 * 24 * 60 * 60;

/**
 * Helmet's headers by name, the same for every answer. Helmet is asked once: it composes them anew each time, which would
 * cost a third of a small request.
 */
export function securityHeaders(config: Config): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  const apply = helmet(helmetOptions(config));
  apply({} as IncomingMessage, response as unknown as ServerResponse, () => undefined);
  return Object.freeze(headers);
}

function helmetOptions(config: Config): HelmetOptions {
  const overHttps = config.origin.startsWith('https:');
  return {
    hsts: overHttps && { maxAge: hstsMaxAgeSeconds },
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        // What Swagger UI at /docs needs, and nothing from elsewhere.
        connectSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
      },
    },
  };
}
