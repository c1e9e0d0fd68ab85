import 'reflect-metadata';
import type { ExecutionContext } from '@nestjs/common';
import type { AuthRequirement } from './auth-requirement.js';

/**
 * Where the decorators leave what they say. These are strings, so that an application that loads this package twice (once
 * as an ES module, once as CommonJS) has one set of rules.
 */
export const metadataKeys = {
  public: 'pawl:public',
  roles: 'pawl:roles',
  scopes: 'pawl:scopes',
  auth: 'pawl:auth',
} as const;

/** Who may call a route: what the decorators on its handler and its class say. */
export interface AccessRules {
  /** Callers need no access token. */
  readonly isPublic: boolean;
  /** The caller's role is one of these. */
  readonly roles?: readonly string[];
  /** The token has all of these scopes. */
  readonly scopes?: readonly string[];
  /** The sign-in is this recent or this strong. */
  readonly auth?: AuthRequirement;
}

type Target = ReturnType<ExecutionContext['getHandler']> | ReturnType<ExecutionContext['getClass']>;

/** By handler, then by class: a handler that a subclass inherits may have different rules there. */
const known = new WeakMap<Target, WeakMap<Target, AccessRules>>();

/**
 * The rules of the route that is being called. A decorator on the handler replaces the same decorator on the class. A
 * handler with a rule of its own is not public because its class is: the more specific decorator wins, and of two that
 * contradict each other the stricter one.
 */
export function accessRulesOf(context: Pick<ExecutionContext, 'getHandler' | 'getClass'>): AccessRules {
  const handler = context.getHandler();
  const owner = context.getClass();
  let byClass = known.get(handler);
  if (!byClass) known.set(handler, (byClass = new WeakMap()));
  let rules = byClass.get(owner);
  if (!rules) byClass.set(owner, (rules = readRules(handler, owner)));
  return rules;
}

function readRules(handler: Target, owner: Target): AccessRules {
  const onHandler = ownRules(handler);
  const onClass = ownRules(owner);
  if (!hasRule(onHandler) && (onHandler.isPublic || (onClass.isPublic && !hasRule(onClass)))) return { isPublic: true };
  return {
    isPublic: false,
    roles: onHandler.roles ?? onClass.roles,
    scopes: onHandler.scopes ?? onClass.scopes,
    auth: onHandler.auth ?? onClass.auth,
  };
}

function ownRules(target: Target): AccessRules {
  const read = (key: string): unknown => Reflect.getMetadata(key, target);
  return {
    isPublic: read(metadataKeys.public) === true,
    roles: read(metadataKeys.roles) as AccessRules['roles'],
    scopes: read(metadataKeys.scopes) as AccessRules['scopes'],
    auth: read(metadataKeys.auth) as AccessRules['auth'],
  };
}

function hasRule({ roles, scopes, auth }: AccessRules): boolean {
  return roles !== undefined || scopes !== undefined || auth !== undefined;
}
