import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sha256 } from '../secrets/bytes.js';
import { CookieNames } from './cookie-names.js';

/** How many sign-ins with other providers one browser can have under way, such as in several tabs. */
const maxUnderWay = 4;
/** The cookies of all of them together: Node.js refuses requests whose headers have more than 16 KiB. */
const maxCharacters = 6000;

/** The end of a name: the start of the hash of a key. */
const idShape = /^[A-Za-z0-9_-]{12}$/;
const idCharacters = 12;

const options = { httpOnly: true, secure: true, sameSite: 'lax', path: '/' } as const;

/**
 * The cookies of sign-ins with other providers, each between the start and the end of one of them. `key` says of which one: it
 * is the `state` or the one-time code, of which the name of the cookie has a hash. Always `SameSite=Lax`, whatever
 * COOKIE_SAMESITE says: the browser comes back from another site.
 */
@Injectable()
export class ProviderCookie {
  private readonly prefix: string;

  constructor(names: CookieNames) {
    this.prefix = `${names.provider}_`;
  }

  read({ cookies }: FastifyRequest, key: string): string | undefined {
    return cookies[this.nameOf(key)];
  }

  /** The oldest sign-ins give way, so that a page that starts many of them does not make the headers too large. */
  write(
    { request, reply }: { request: FastifyRequest; reply: FastifyReply },
    key: string,
    { value, maxAgeSeconds }: { value: string; maxAgeSeconds: number },
  ): void {
    // RFC 6265 section 5.4: browsers send the oldest first.
    const others = Object.entries(request.cookies).filter(([name]) => this.isOurs(name));
    const characters = () => others.reduce((sum, [, other = '']) => sum + other.length, value.length);
    while (others.length > 0 && (others.length >= maxUnderWay || characters() > maxCharacters)) {
      this.clearNamed(reply, others.shift()![0]);
    }
    reply.setCookie(this.nameOf(key), value, { ...options, maxAge: maxAgeSeconds });
  }

  clear(reply: FastifyReply, key: string): void {
    this.clearNamed(reply, this.nameOf(key));
  }

  private clearNamed(reply: FastifyReply, name: string): void {
    reply.setCookie(name, '', { ...options, maxAge: 0 });
  }

  /** A request can have any name, also one that no `Set-Cookie` header may have. */
  private isOurs(name: string): boolean {
    return name.startsWith(this.prefix) && idShape.test(name.slice(this.prefix.length));
  }

  private nameOf(key: string): string {
    return this.prefix + sha256(Buffer.from(key)).toString('base64url').slice(0, idCharacters);
  }
}
