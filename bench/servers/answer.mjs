/** What every measured GET answers: about the size of a user. */
export const response = {
  id: '019aa3c8-5b7e-7c31-9d2f-4f6a1b2c3d4e',
  email: 'ada@example.com',
  name: 'Ada Lovelace',
  role: 'user',
  email_verified: true,
  created_at: '2026-11-21T09:30:00.000Z',
};
