import { z } from 'zod';

/** A time in a response: RFC 3339 in UTC with milliseconds, as `Date.toISOString` formats it. */
export const Instant = z.string().meta({ format: 'date-time', example: '2026-11-21T09:30:00.000Z' });
