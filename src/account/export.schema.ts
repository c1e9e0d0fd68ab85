import { z } from 'zod';
import { Instant } from '../common/instant.js';
import { UserView } from '../users/user.schema.js';

/** The user in the export: also what the API does not show otherwise. */
export const ExportedUser = UserView.extend({
  disabled: z.boolean().meta({ example: false }),
  last_sign_in_at: Instant.nullable(),
  second_factor: z.boolean().meta({ example: false }),
  locale: z.string().nullable().meta({ description: 'The language chosen for emails.', example: 'ko' }),
}).meta({ id: 'ExportedUser' });

const Rows = z.array(z.record(z.string(), z.unknown())).meta({ example: [] });

/** Everything stored about a user; personal-data-export.ts writes it piece by piece. */
export const ExportedData = z
  .object({
    exported_at: Instant,
    user: ExportedUser,
    sessions: Rows.meta({ description: 'Ended sessions are included until they are cleaned up.' }),
    identities: Rows.meta({ description: 'As in GET /auth/identities.' }),
    factors: Rows.meta({ description: 'As in GET /auth/factors.' }),
    activity: Rows.meta({ description: 'As in GET /auth/me/activity.' }),
    links: Rows.meta({ description: 'Links in emails that still work, without the links themselves.' }),
    mails: Rows.meta({ description: 'Emails that wait, or were sent within the last day.' }),
    notes: Rows.meta({ description: 'As in GET /notes.' }),
  })
  .meta({ id: 'PersonalDataExport' });
