import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from './principal.js';

/** The caller that the guard has authenticated; undefined on a public route. */
export function callerOf(context: ExecutionContext): Principal | undefined {
  return context.switchToHttp().getRequest<{ user?: Principal }>().user;
}
