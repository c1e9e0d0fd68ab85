import type { StepUpProof, StepUpRequest } from '@pawl/client';
import { createPawl } from '@pawl/client';
import { config } from './config.js';
import { setEnrolmentRequired } from './enrolment.js';

type Ask = (request: StepUpRequest) => Promise<StepUpProof | undefined>;

let ask: Ask = async () => undefined;

/** The dialog that asks for a proof registers itself here. */
export function setStepUpPrompt(prompt: Ask): void {
  ask = prompt;
}

/** Any call can be the one that is refused: an admin can change a role while its user is signed in. */
async function fetchAndWatch(...request: Parameters<typeof fetch>): Promise<Response> {
  const response = await fetch(...request);
  if (response.status === 403) {
    const problem = (await response
      .clone()
      .json()
      .catch(() => undefined)) as { code?: string } | undefined;
    if (problem?.code === 'factor_enrolment_required') setEnrolmentRequired(true);
  }
  return response;
}

export const pawl = createPawl({
  url: config.base,
  mode: 'cookie',
  onStepUp: (request) => ask(request),
  fetch: fetchAndWatch,
});

// The next user may have another role.
pawl.onChange((session) => session === null && setEnrolmentRequired(false));
