import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch } from '@nestjs/common';
import { AccessError } from '../access-error.js';

/** What Express and Fastify have in common. */
interface Response {
  status(status: number): unknown;
  send(body: string): unknown;
}

/**
 * Sends a refusal over HTTP as problem+json (RFC 9457): the adapters of NestJS would call it application/json. The guard has
 * set the headers.
 */
@Catch(AccessError)
export class AccessErrorFilter implements ExceptionFilter<AccessError> {
  catch(error: AccessError, host: ArgumentsHost): void {
    if (host.getType<string>() !== 'http') throw error;
    const response = host.switchToHttp().getResponse<Response>();
    response.status(error.problem.status);
    response.send(JSON.stringify(error.problem));
  }
}
