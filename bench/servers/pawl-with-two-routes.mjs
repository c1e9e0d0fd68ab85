/** Pawl with two more routes that answer the same: one behind the guards' question for a token, one `@Public()`. */
import { Controller, Get } from '@nestjs/common';
import { Public } from '#pawl/nest/decorators/public.js';
import { createApp } from '../../dist/app.setup.js';
import { loadConfig } from '../../dist/config/config.js';
import { response } from './answer.mjs';

class BenchController {
  open() {
    return response;
  }

  guarded() {
    return response;
  }
}

const decorate = (name, ...decorators) => {
  const descriptor = Object.getOwnPropertyDescriptor(BenchController.prototype, name);
  for (const decorator of decorators) decorator(BenchController.prototype, name, descriptor);
};
decorate('open', Public(), Get('open'));
decorate('guarded', Get('guarded'));
Controller('bench')(BenchController);

const config = loadConfig(process.env);
const app = await createApp(config, { controllers: [BenchController] });
await app.listen(config.port, config.host);
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
