import type { ArgumentMetadata } from '@nestjs/common';
import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { FieldError } from '../common/errors.js';
import { ApiError } from '../common/errors.js';
import { validationMessage } from './validation-messages.js';

const maxFindings = 50;
const maxMessageCharacters = 300;
/** Far more than any request has, in a body or a query, at all depths together. */
export const maxValues = 1000;

/**
 * Refuses text that is not well-formed, then validates every parameter that has a schema. One pipe for both: each pipe costs
 * each parameter of a request two promises.
 */
class RequestPipe extends StandardSchemaValidationPipe {
  override transform<Value>(value: Value, metadata: ArgumentMetadata): Promise<Value> {
    if (metadata.type === 'body' || metadata.type === 'query') assertWellFormedText(value);
    return super.transform(value, metadata);
  }

  /** `constructor` is refused like any other member that no schema names. The framework would remove it, and accept the rest. */
  protected override stripProtoKeys(): void {
    // Nothing: the JSON parser refuses `__proto__`, and the schemas are strict.
  }
}

/** For every parameter of every route. A parameter without a schema passes unvalidated, so give each one a schema. */
export const requestPipe = new RequestPipe({
  exceptionFactory: (issues) => {
    const fieldErrors = issues.slice(0, maxFindings).map((issue): FieldError => {
      const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
      return { path: path.join('.'), message: validationMessage(issue).slice(0, maxMessageCharacters) };
    });
    return new ApiError('validation_failed', 'the schema', { fieldErrors });
  },
});

/**
 * Refuses U+0000, which PostgreSQL cannot store, and lone surrogates, which UTF-8 cannot encode, at any depth.
 *
 * A loop, not a recursion: a body may nest as deep as it is long. It stops at `maxValues`, because anybody can send one.
 */
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
