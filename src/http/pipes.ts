import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { Injectable, StandardSchemaValidationPipe } from '@nestjs/common';
import type { FieldError } from '../common/errors.js';
import { ApiError } from '../common/errors.js';
import { validationMessage } from './validation-messages.js';

const maxFindings = 50;
const maxMessageCharacters = 300;
/** Far more than any request has, in a body or a query, at all depths together. */
export const maxValues = 1000;

/** Refuses `constructor` like any other member that no schema names. The framework would remove it, and accept the rest. */
class SchemaPipe extends StandardSchemaValidationPipe {
  protected override stripProtoKeys(): void {
    // Nothing: the JSON parser refuses `__proto__`, and the schemas are strict.
  }
}

/** Validates every parameter that has a schema. A parameter without one passes unvalidated, so give each a schema. */
export const schemaPipe = new SchemaPipe({
  exceptionFactory: (issues) => {
    const fieldErrors = issues.slice(0, maxFindings).map((issue): FieldError => {
      const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
      return { path: path.join('.'), message: validationMessage(issue).slice(0, maxMessageCharacters) };
    });
    return new ApiError('validation_failed', 'the schema', { fieldErrors });
  },
});

/** Refuses U+0000, which PostgreSQL cannot store, and lone surrogates, which UTF-8 cannot encode, at any depth. */
@Injectable()
export class WellFormedTextPipe implements PipeTransform {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    if (type === 'body' || type === 'query') assertWellFormedText(value);
    return value;
  }
}

/** A loop, not a recursion: a body may nest as deep as it is long. It stops at `maxValues`, because anybody can send one. */
export function assertWellFormedText(root: unknown): void {
  const open: unknown[] = [root];
  let seen = 1;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') {
      if (value.includes('\0') || !value.isWellFormed()) {
        throw new ApiError('validation_failed', 'U+0000 or a lone surrogate', {
          fieldErrors: [{ path: '', message: 'Text must be well-formed Unicode without U+0000.' }],
        });
      }
    } else if (typeof value === 'object' && value !== null) {
      for (const key in value) {
        seen++;
        if (seen > maxValues) {
          throw new ApiError('validation_failed', 'too many values', {
            fieldErrors: [{ path: '', message: `A request must not have more than ${maxValues} values.` }],
          });
        }
        open.push(key, (value as Record<string, unknown>)[key]);
      }
    }
  }
}
