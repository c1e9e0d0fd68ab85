import type { CanActivate } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { PawlGuard } from '../pawl.guard.js';

/** Metadata of NestJS: the guards of a class, and what makes a method the handler of a message. */
const guardsKey = '__guards__';
const patternKey = 'microservices:pattern';
export const gatewayKey = 'websockets:is_gateway';

type Module = ModulesContainer extends Map<string, infer Value> ? Value : never;

/**
 * Stands for the guard in the metadata of a class. The class may be used by several applications of one process, as in tests,
 * and each puts its own guard in its place. An application without this package has none, and is as open as before.
 */
@Injectable()
export class HandlerGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

/**
 * Puts the guard on every gateway and on every controller that handles messages. A global guard alone does not reach them
 * all: gateways on NestJS 11, and microservices of a hybrid application that do not inherit its configuration.
 */
@Injectable()
export class HandlerProtection {
  /** The guard is a parameter so that it exists before this. */
  constructor(modules: ModulesContainer, _guard: PawlGuard) {
    const guard = Array.from(modules.values(), ({ providers }) => providers.get(PawlGuard)).find(Boolean)!;
    for (const module of modules.values()) {
      for (const handlers of classesOf(module).filter((type) => isGateway(type) || handlesMessages(type))) {
        addGuard(handlers);
        // NestJS looks here for the instance.
        module.injectables.set(HandlerGuard, guard);
      }
    }
  }
}

export function isGateway(type: object): boolean {
  return Reflect.getMetadata(gatewayKey, type) === true;
}

/** The classes that a module has NestJS create. */
function classesOf({ controllers, providers }: Module): (new (...args: never[]) => object)[] {
  const wrappers = [...controllers.values(), ...providers.values()];
  return wrappers.map(({ metatype }) => metatype).filter((type) => typeof type === 'function') as never;
}

function handlesMessages(type: new (...args: never[]) => object): boolean {
  return methodsOf(type).some((method) => Reflect.hasMetadata(patternKey, method));
}

function addGuard(type: object): void {
  const guards = (Reflect.getMetadata(guardsKey, type) ?? []) as unknown[];
  if (!guards.includes(HandlerGuard)) Reflect.defineMetadata(guardsKey, [HandlerGuard, ...guards], type);
}

/** The methods of a class, inherited ones included. */
export function methodsOf(type: new (...args: never[]) => object): object[] {
  const methods: object[] = [];
  for (
    let owner: object | null = type.prototype as object;
    owner;
    owner = Object.getPrototypeOf(owner) as object | null
  ) {
    if (owner === Object.prototype) break;
    for (const { value } of Object.values(Object.getOwnPropertyDescriptors(owner))) {
      if (typeof value === 'function' && value !== type) methods.push(value as object);
    }
  }
  return methods;
}
