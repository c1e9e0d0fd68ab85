/**
 * `npm run demo [-- http://localhost:3000]`: what Pawl promises, as a short story over real HTTP. Without an address it
 * starts a temporary service. Exits with 1 if a step goes differently.
 */
import './checkout.cjs';
import { startService } from './demo/service.mjs';
import { tellStory } from './demo/story.mjs';
import { createTeller, StoryBroken } from './demo/teller.mjs';

const [, , address] = process.argv;
const teller = createTeller(process.stdout);
let service;

process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
try {
  service = address ? runningService(address) : await startService(teller);
  await tellStory(service.url, teller);
} catch (error) {
  process.exitCode = 1;
  if (error instanceof StoryBroken) teller.failure(error.message);
  else teller.failure(error.stack);
} finally {
  await service?.stop();
}

/** Ends the story at its next request, so that `finally` still runs. */
function interrupt() {
  teller.interrupt();
}

function runningService(text) {
  if (!/^https?:\/\//.test(text)) throw new StoryBroken(`Give an address such as http://localhost:3000, not ${text}.`);
  return { url: text.replace(/\/+$/, ''), stop: async () => undefined };
}
