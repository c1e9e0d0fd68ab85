import { z } from 'zod';

/** A moment in an answer: RFC 3339, UTC, milliseconds, as `Date.toISOString` writes it. */
export const Instant = z.string().meta({ format: 'date-time', example: '2026-11-21T09:30:00.000Z' });
