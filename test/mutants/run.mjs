/**
 * `npm run test:mutants [-- an area, or part of a name]`: breaks copies of the sources in every way of list.mjs and expects
 * the tests that each names to fail. Exits with 1 if one of them survives, or if the list is out of date.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureClient } from '../../scripts/prisma-client.cjs';
import startPostgres from '../support/postgres-global-setup.mjs';
import stopPostgres from '../support/postgres-global-teardown.mjs';
import { Lane } from './lane.mjs';
import { mutants } from './list.mjs';

const root = resolve(import.meta.dirname, '../..');
const laneCount = 2;
/** How many mutants share a run of their tests. */
const mutantsPerRun = 8;
const words = { red: 'killed', green: 'SURVIVED', unclear: 'UNCLEAR' };

const lanes = [];
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped = true;
    for (const lane of lanes) lane.stop();
  });
}

function choose(wanted) {
  const ofArea = mutants.filter(({ area }) => area === wanted);
  const chosen = ofArea.length > 0 ? ofArea : mutants.filter(({ name }) => name.includes(wanted));
  if (chosen.length === 0) throw new Error(`No area and no mutant has the name ${wanted}`);
  for (const { name, file, find } of chosen) {
    const found = readFileSync(join(root, file), 'utf8').split(find).length - 1;
    if (found !== 1) throw new Error(`${file} holds ${found} times what "${name}" replaces: bring the list up to date`);
  }
  return chosen;
}

/** Mutants with the same suites share a run. The largest groups come first. */
function groupsOf(chosen) {
  const bySuites = new Map();
  for (const mutant of chosen) {
    const key = mutant.suites.join(' ');
    bySuites.set(key, [...(bySuites.get(key) ?? []), mutant]);
  }
  const groups = [];
  for (const group of bySuites.values()) {
    for (let i = 0; i < group.length; i += mutantsPerRun) groups.push(group.slice(i, i + mutantsPerRun));
  }
  return groups.sort((a, b) => b.length - a.length);
}

/** Takes from the list until it is empty; each lane does so by itself. */
function inLanes(work, list) {
  return Promise.all(
    lanes.map(async (lane) => {
      for (let item = list.shift(); item !== undefined && !stopped; item = list.shift()) await work(lane, item);
      if (stopped) throw new Error('Stopped');
    }),
  );
}

function report({ area, name, suites }, { verdict, detail }) {
  const seconds = (performance.now() / 1000).toFixed(0).padStart(5);
  const lines = verdict === 'green' ? `${suites.join(', ')} did not notice` : detail;
  console.log(`${seconds} s  ${words[verdict].padEnd(8)}  ${area}: ${name}`);
  console.log(lines.replaceAll(/^/gm, ' '.repeat(19)));
}

const [, , wanted = ''] = process.argv;
const chosen = choose(wanted);
const groups = groupsOf(chosen);
const survivors = [];
ensureClient();
await startPostgres();
try {
  while (lanes.length < Math.min(laneCount, groups.length)) lanes.push(await Lane.create(groups[0].length));
  await inLanes(async (lane, group) => {
    const verdicts = await lane.test(group);
    for (const [i, mutant] of group.entries()) {
      report(mutant, verdicts[i]);
      if (verdicts[i].verdict !== 'red') survivors.push(`${mutant.area}: ${mutant.name}`);
    }
  }, groups);
  for (const survivor of survivors) console.log(`survived: ${survivor}`);
  console.log(
    `\n${chosen.length - survivors.length} killed, ${survivors.length} survived, of ${chosen.length} mutants`,
  );
  process.exitCode = survivors.length > 0 ? 1 : 0;
} finally {
  await stopPostgres();
  for (const lane of lanes) await lane.remove();
}
