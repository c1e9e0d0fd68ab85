/** Limits against guessing and against abuse, by account, by address and by device. */
export const limits = [
  {
    name: 'requests beyond the limit of an address are served',
    suite: 'test/limits/address',
    file: 'src/access/rate-limit.guard.ts',
    find: 'if (use.refused) throw quotaExceeded(use);',
    replace: '',
  },
  {
    name: 'each address of one IPv6 network guesses passwords anew',
    suite: 'test/limits/sign-in',
    file: 'src/limits/attempt-limits.ts',
    find: `address \${addressBlock(ip)}`,
    replace: `address \${ip}`,
  },
  {
    name: 'the first delay comes one guess late',
    suite: 'src/limits/back-off.spec',
    file: 'src/limits/back-off.ts',
    find: 'failures < freeFailures',
    replace: 'failures <= freeFailures',
  },
  {
    name: 'the delay does not grow',
    suite: 'src/limits/back-off.spec',
    file: 'src/limits/back-off.ts',
    find: '2 ** (failures - freeFailures)',
    replace: '2 * (failures - freeFailures)',
  },
  {
    name: 'guesses at the codes of an address are not delayed',
    suite: 'test/factors/link',
    file: 'src/limits/sign-in-attempts.ts',
    find: '[...limits.addressSubject(source.ip), ...code]',
    replace: 'limits.addressSubject(source.ip)',
  },
  {
    name: 'one address guesses at the emailed codes of many accounts without end',
    suite: 'test/factors/link',
    file: 'src/limits/sign-in-attempts.ts',
    find: '[...limits.addressSubject(source.ip), ...code]',
    replace: 'code',
  },
  {
    name: 'a thief with a session guesses the password at a step-up without end',
    suite: 'test/factors/step-up',
    file: 'src/auth/step-up-proofs.ts',
    find: `if (!matches) {
      await failed();`,
    replace: 'if (!matches) {',
  },
  {
    name: 'a thief with a session guesses the codes of an app at a step-up without end',
    suite: 'test/factors/step-up',
    file: 'src/auth/step-up-proofs.ts',
    find: `const refuse = async () => {
      await failed();`,
    replace: 'const refuse = async () => {',
  },
  {
    name: 'one network holds the whole queue of hashes',
    suite: 'src/passwords/hash-queue.spec',
    file: 'src/passwords/hash-queue.ts',
    find: 'waitingHere >= this.maxWaitingPerBlock',
    replace: 'waitingHere >= this.bounds.maxWaiting',
  },
];
