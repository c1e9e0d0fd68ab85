import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Email } from 'postal-mime';
import PostalMime from 'postal-mime';
import { Public } from '../access/decorators/public.js';
import { ApiError } from '../common/errors.js';
import { escapeHtml } from '../common/html.js';
import { IdParam } from '../common/ids.js';
import { isDirectFromLoopback, isLoopbackHost } from '../common/loopback.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { sendPage } from './page.js';

const listed = 100;

/**
 * The mails of a development without a mail server, newest first. They hold links that open accounts, so only this very
 * machine is shown them, under a name of its own (another site's page, rebound to this address, has another).
 */
@ApiExcludeController()
@Public()
@Controller('dev/mail')
export class DevMailController {
  private readonly folder: string;

  constructor(@Inject(CONFIG) { mail }: Config) {
    if (mail.folder === undefined) throw new Error('There is no folder of mails');
    this.folder = mail.folder;
  }

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    requireOwnMachine(request);
    const rows: string[] = [];
    for (const id of (await this.ids()).slice(0, listed)) {
      const { to, subject, date } = await this.read(id);
      const cells = [date ?? '', to?.[0]?.address ?? ''].map((text) => `<td>${escapeHtml(text)}</td>`).join('');
      rows.push(`<tr>${cells}<td><a href="mail/${id}">${escapeHtml(subject ?? '')}</a></td></tr>`);
    }
    const body = rows.length > 0 ? `<table>${rows.join('\n')}</table>` : '<p>No mail yet.</p>';
    sendPage(reply, 'en', 'Mails', `<h1>Mails</h1>\n${body}`);
  }

  @Get(':id')
  async show(
    @Param('id', { schema: IdParam }) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    requireOwnMachine(request);
    const { to, subject = '', text = '' } = await this.read(id);
    const body = `<p><a href="../mail">All mails</a> · <a href="${id}/source">Source</a></p>
<h1>${escapeHtml(subject)}</h1>
<p>To ${escapeHtml(to?.[0]?.address ?? '')}</p>
<pre>${withLinks(text)}</pre>`;
    sendPage(reply, 'en', subject, body);
  }

  @Get(':id/source')
  async source(
    @Param('id', { schema: IdParam }) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    requireOwnMachine(request);
    void reply.type('text/plain; charset=utf-8').send(await this.bytes(id));
  }

  /** The file names are the ids of the mails, which ascend. */
  private async ids(): Promise<string[]> {
    const files = await readdir(this.folder).catch(orMissing([]));
    return files
      .filter((name) => name.endsWith('.eml'))
      .map((name) => name.slice(0, -'.eml'.length))
      .sort()
      .reverse();
  }

  private async read(id: string): Promise<Email> {
    return PostalMime.parse(await this.bytes(id));
  }

  private async bytes(id: string): Promise<Buffer> {
    const bytes = await readFile(join(this.folder, `${id}.eml`)).catch(orMissing(undefined));
    if (!bytes) throw new ApiError('not_found', 'no such mail');
    return bytes;
  }
}

function requireOwnMachine(request: FastifyRequest): void {
  if (isDirectFromLoopback(request) && isLoopbackHost(request.headers.host)) return;
  throw new ApiError('not_found', 'mails are shown to this machine alone');
}

function orMissing<Fallback>(fallback: Fallback) {
  return (error: NodeJS.ErrnoException): Fallback => {
    if (error.code === 'ENOENT') return fallback;
    throw error;
  };
}

function withLinks(text: string): string {
  return escapeHtml(text).replace(/https?:\/\/[^\s<]+/g, (url) => `<a href="${url}">${url}</a>`);
}
