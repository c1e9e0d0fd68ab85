import { z } from 'zod';
import { Password } from '../passwords/password-policy.js';
import { OneTimeTokenText } from './one-time-token.schema.js';

export const ResetPasswordBody = z
  .strictObject({ token: OneTimeTokenText, password: Password })
  .meta({ id: 'ResetPassword' });
export type ResetPasswordBody = z.infer<typeof ResetPasswordBody>;

export const ChangePasswordBody = z
  .strictObject({ current_password: Password, new_password: Password })
  .meta({ id: 'ChangePassword' });
export type ChangePasswordBody = z.infer<typeof ChangePasswordBody>;
