import { z } from 'zod';
import { Locale } from '../common/locale.js';
import { DisplayName } from '../users/user.schema.js';

export const UpdateMeBody = z
  .strictObject({
    name: DisplayName.nullable().optional(),
    locale: Locale.nullable()
      .optional()
      .meta({ description: 'The language of emails. Null means the language of the browser.', example: 'ko' }),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something')
  .meta({ id: 'UpdateMe', minProperties: 1 });
export type UpdateMeBody = z.infer<typeof UpdateMeBody>;
