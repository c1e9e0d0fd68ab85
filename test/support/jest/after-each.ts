import { runCleanups } from '../cleanup.js';

afterEach(runCleanups);
