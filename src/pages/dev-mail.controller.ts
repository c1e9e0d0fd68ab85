import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '#pawl/nest/decorators/public.js';
import { RequestLocale } from '../access/decorators/request-locale.js';
import { ApiError } from '../common/errors.js';
import { escapeHtml } from '../common/html.js';
import { IdParam } from '../common/ids.js';
import type { Locale } from '../common/locale.js';
import { isDirectFromLoopback, isLoopbackHost } from '../common/loopback.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import type { StoredEmail } from '../mail/folder-transport.js';
import { devMailWords } from './dev-mail-words.js';
import { sendPage } from './page.js';

const maxListed = 100;

/** The HTML of an email is shown as a document without scripts, forms, an origin or anything that is loaded. */
const emailPolicy =
  "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'self';style-src 'unsafe-inline';sandbox";

/** The page around it. */
const framePolicy =
  "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none';frame-src 'self';script-src 'self';style-src 'unsafe-inline';img-src data:";

/** Whether `/dev/mail` exists: emails are files, and PUBLIC_URL is local. Behind a public name, a proxy could hide the caller. */
export function showsEmails({ mail, publicUrl }: Config): boolean {
  return mail.folder !== undefined && isLoopbackHost(new URL(publicUrl).host);
}

/**
 * The emails of a development service without a mail server, newest first. Links in them open accounts, so they are shown to
 * this machine only, and only under one of its own names: a page of another site that was rebound to this address has another.
 */
@ApiExcludeController()
@Public()
@Controller('dev/mail')
export class DevMailController {
  private readonly folder: string;

  constructor(@Inject(CONFIG) { mail }: Config) {
    if (mail.folder === undefined) throw new Error('There is no folder of emails');
    this.folder = mail.folder;
  }

  @Get()
  async list(
    @RequestLocale() locale: Locale,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    assertOwnMachine(request);
    const { title, none } = devMailWords[locale];
    const items: string[] = [];
    for (const id of (await this.ids()).slice(0, maxListed)) {
      const { to, subject, sentAt } = await this.read(id);
      const about = `<small>${escapeHtml(to)}<br><time datetime="${escapeHtml(sentAt)}">${toReadable(sentAt)}</time></small>`;
      items.push(`<li><a href="mail/${id}">${escapeHtml(subject)}</a><br>${about}</li>`);
    }
    const body = items.length > 0 ? `<ul class="rows">${items.join('\n')}</ul>` : `<p>${none}</p>`;
    sendPage(reply, locale, title, `<h1>${title}</h1>\n${body}`);
  }

  @Get(':id')
  async show(
    @Param('id', { schema: IdParam }) id: string,
    @RequestLocale() locale: Locale,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    assertOwnMachine(request);
    const { to, subject, text, html } = await this.read(id);
    const words = devMailWords[locale];
    const frame = `<iframe title="${words.asHtml}" src="${id}/html" sandbox></iframe>`;
    const body = `<p><a href="../mail">${words.all}</a> · <a href="${id}/source">${words.source}</a></p>
<h1>${escapeHtml(subject)}</h1>
<p>${words.to(escapeHtml(to))}</p>
${html === undefined ? '' : frame}
<h2>${words.asText}</h2>
<pre>${withLinks(text)}</pre>`;
    void reply.header('content-security-policy', framePolicy);
    sendPage(reply, locale, subject, body);
  }

  @Get(':id/html')
  async html(
    @Param('id', { schema: IdParam }) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    assertOwnMachine(request);
    const { html } = await this.read(id);
    if (html === undefined) throw new ApiError('not_found', 'the email has no HTML');
    void reply.type('text/html; charset=utf-8').header('content-security-policy', emailPolicy).send(html);
  }

  @Get(':id/source')
  async source(
    @Param('id', { schema: IdParam }) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    assertOwnMachine(request);
    void reply.type('text/plain; charset=utf-8').send(await this.bytesOf(`${id}.eml`));
  }

  /** The file names are the ids of the emails, which ascend. */
  private async ids(): Promise<string[]> {
    const files = await readdir(this.folder).catch(orIfMissing([]));
    return files
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
      .sort()
      .reverse();
  }

  private async read(id: string): Promise<StoredEmail> {
    return JSON.parse((await this.bytesOf(`${id}.json`)).toString()) as StoredEmail;
  }

  private async bytesOf(file: string): Promise<Buffer> {
    const bytes = await readFile(join(this.folder, file)).catch(orIfMissing(undefined));
    if (!bytes) throw new ApiError('not_found', 'no such email');
    return bytes;
  }
}

function assertOwnMachine(request: FastifyRequest): void {
  if (isDirectFromLoopback(request)) return;
  throw new ApiError('not_found', 'emails are shown to this machine only');
}

function orIfMissing<Fallback>(fallback: Fallback) {
  return (error: NodeJS.ErrnoException): Fallback => {
    if (error.code === 'ENOENT') return fallback;
    throw error;
  };
}

/** `2026-11-27 09:30:00 UTC`. */
function toReadable(sentAt: string): string {
  return `${escapeHtml(sentAt.slice(0, 19).replace('T', ' '))} UTC`;
}

function withLinks(text: string): string {
  return escapeHtml(text).replace(/https?:\/\/[^\s<]+/g, (url) => `<a href="${url}">${url}</a>`);
}
