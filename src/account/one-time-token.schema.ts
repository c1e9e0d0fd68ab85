import { z } from 'zod';

/** A token from an email. The look-up checks its shape, so a malformed token is `one_time_token_invalid` like an old one. */
export const OneTimeTokenText = z.string().meta({
  description: 'What follows `#token=` in the link of the email.',
  example: 'Zb0Ez3cYQ3mqXn4o4m8Zr2dPpT0Yd1sVw6uJk9xLh5A',
});
