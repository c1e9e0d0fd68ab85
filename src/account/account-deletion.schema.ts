import { z } from 'zod';
import { ConfirmingPassword } from '../passwords/password-policy.js';

export const DeleteMeBody = z.strictObject({ password: ConfirmingPassword }).meta({ id: 'DeleteMe' });
export type DeleteMeBody = z.infer<typeof DeleteMeBody>;
