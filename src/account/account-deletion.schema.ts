import { z } from 'zod';
import { Password } from '../passwords/password-policy.js';

export const DeleteMeBody = z.strictObject({ password: Password }).meta({ id: 'DeleteMe' });
export type DeleteMeBody = z.infer<typeof DeleteMeBody>;
