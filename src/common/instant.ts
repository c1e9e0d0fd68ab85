import { z } from 'zod';

/** A time in a response: RFC 3339 in UTC with milliseconds, as `Date.toISOString` formats it. */
export const Instant = z.string().meta({ format: 'date-time', example: '2026-11-21T09:30:00.000Z' });

const firstStorableMs = Date.parse('0001-01-01T00:00:00Z');
const lastStorableMs = Date.parse('9999-12-31T23:59:59.999Z');
const error = 'must be an instant such as 2026-11-21T09:30:00Z';

/** A time in a request or an import. PostgreSQL has no year 0 and does not read years past 9999 as `Date` writes them. */
export const StorableInstant = z.iso
  .datetime({ offset: true, error, abort: true })
  .refine((text) => Date.parse(text) >= firstStorableMs && Date.parse(text) <= lastStorableMs, { error });
