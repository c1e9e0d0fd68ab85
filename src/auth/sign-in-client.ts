import type { PipeTransform } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { builtInClientId } from '../clients/client.js';
import { ClientsService } from '../clients/clients.service.js';
import { ApiError } from '../common/errors.js';
import type { LoginBody, RegisterBody } from './auth.schema.js';

/** Checks, before any other work, that the `client_id` of a sign-in names a client that may have users' sessions. */
@Injectable()
export class SignInClient implements PipeTransform<LoginBody | RegisterBody> {
  constructor(private readonly clients: ClientsService) {}

  async transform<Body extends LoginBody | RegisterBody>(body: Body): Promise<Body> {
    const client = await this.clients.find(body.client_id);
    if (!client?.grantTypes.includes('refresh_token')) {
      return refuse('client_id', 'must be a registered client with the refresh_token grant');
    }
    // Cookies are refreshed at /auth/refresh, which serves the built-in client only.
    if (body.delivery === 'cookie' && client.id !== builtInClientId) {
      return refuse('delivery', 'must be body for a registered client');
    }
    return body;
  }
}

function refuse(path: 'client_id' | 'delivery', message: string): never {
  throw new ApiError('validation_failed', message, { fieldErrors: [{ path, message }] });
}
