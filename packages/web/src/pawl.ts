import type { StepUpProof, StepUpRequest } from '@pawl/client';
import { createPawl } from '@pawl/client';
import { config } from './config.js';

type Ask = (request: StepUpRequest) => Promise<StepUpProof | undefined>;

let ask: Ask = async () => undefined;

/** The dialog that asks for a proof registers itself here. */
export function setStepUpPrompt(prompt: Ask): void {
  ask = prompt;
}

export const pawl = createPawl({ url: config.base, mode: 'cookie', onStepUp: (request) => ask(request) });
