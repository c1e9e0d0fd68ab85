import type { TestApp } from '../support/app.js';
import { startApp } from '../support/app.js';

type TellStory = (url: string, teller: unknown, later: () => void) => Promise<void>;
type CreateTeller = (output: { write(text: string): void }) => unknown;

// Plain JavaScript, which has no types to import.
const [storyFile, tellerFile] = ['../../scripts/demo/story.mjs', '../../scripts/demo/teller.mjs'];
const { tellStory } = (await import(storyFile)) as { tellStory: TellStory };
const { createTeller } = (await import(tellerFile)) as { createTeller: CreateTeller };

async function tell(app: TestApp): Promise<string> {
  const lines: string[] = [];
  const teller = createTeller({ write: (text) => lines.push(text) });
  await tellStory(app.url, teller, () => app.clock.advanceSeconds(60));
  return lines.join('');
}

describe('npm run demo', () => {
  let app: TestApp;
  afterEach(() => app.close());

  it('goes as expected, and shows no token in full', async () => {
    app = await startApp();
    const text = await tell(app);
    expect(text).toContain('Everything went as expected.');
    for (const verdict of ['rotate', 'replay', 'recover', 'hold', 'refresh_reused']) expect(text).toContain(verdict);
    expect(text).not.toMatch(/pwl1_[\w-]{9}|eyJ[\w-]{9}/);
  });

  it('stops at the step where the service behaves differently, and names it', async () => {
    app = await startApp({ env: { REFRESH_RECOVER: 'off' } });
    await expect(tell(app)).rejects.toThrow('Expected 200 recover; the service responded with 401 refresh_reused.');
  });
});
