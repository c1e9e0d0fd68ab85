'use strict';
/**
 * Sizes libuv's thread pool for the password hashes plus its other work (files, name look-ups, signatures). Loaded before
 * the service, and as CommonJS: libuv reads the size once, at the pool's first use, and on Node 20 loading the first ES
 * module is already such a use.
 */
const { existsSync, readFileSync } = require('node:fs');
const { availableParallelism } = require('node:os');
const { parseEnv } = require('node:util');

const otherWork = 4;
const settings = { ...(existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {}), ...process.env };
const hashes = Number(settings.PASSWORD_CONCURRENCY) || availableParallelism();
process.env.UV_THREADPOOL_SIZE ??= settings.UV_THREADPOOL_SIZE ?? String(hashes + otherWork);
