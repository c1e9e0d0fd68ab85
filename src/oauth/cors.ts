import type { FastifyReply } from 'fastify';

/** Lets the pages of every origin read a public document. A listed origin has its own header already, with credentials. */
export function allowEveryOrigin(reply: FastifyReply): void {
  if (!reply.hasHeader('Access-Control-Allow-Origin')) reply.header('Access-Control-Allow-Origin', '*');
}
