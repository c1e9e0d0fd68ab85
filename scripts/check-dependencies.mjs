/**
 * `npm run check:dependencies`: the licences of everything that runs in production, from the list that `npm sbom` makes, and the
 * advisories that `npm audit` knows. Where the registry does not offer advisories, it says so and checks the licences alone.
 */
import { spawnSync } from 'node:child_process';

/** Licences that ask for nothing but their text. */
const accepted = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
]);
/** Packages whose package.json has no licence, and where it stands. */
const statedElsewhere = { 'pause@0.0.1': 'MIT, in its Readme.md' };
/** Advisories that do not apply to Pawl, and why: GHSA id to reason. */
const explained = {};

const faults = [];
const components = listComponents();
for (const component of components) {
  const name = `${component.name}@${component.version}`;
  const licences = (component.licenses ?? []).map(
    ({ license, expression }) => license?.id ?? license?.name ?? expression,
  );
  if (licences.length === 0 && !Object.hasOwn(statedElsewhere, name)) faults.push(`${name} names no licence`);
  for (const licence of licences) if (!accepted.has(licence)) faults.push(`${name} has the licence ${licence}`);
}
console.log(`${components.length} packages in production, with accepted licences unless a line below says otherwise`);
console.log(readAdvisories());
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

function listComponents() {
  const { stdout, status, stderr } = npm('sbom', '--omit=dev', '--sbom-format=cyclonedx');
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr}`);
  const { components } = JSON.parse(stdout);
  if (components.length < 50) throw new Error(`npm sbom lists only ${components.length} packages`);
  return components;
}

function readAdvisories() {
  const report = JSON.parse(npm('audit', '--omit=dev', '--json').stdout || '{}');
  if (!report.vulnerabilities)
    return `npm audit has no answer here: ${report.message ?? 'the registry cannot be reached'}`;
  const advisories = Object.values(report.vulnerabilities)
    .flatMap(({ via }) => via.filter((one) => typeof one === 'object'))
    .map(({ url = '', title, name }) => ({ id: url.split('/').at(-1), title, name }));
  for (const { id, title, name } of advisories) {
    if (!Object.hasOwn(explained, id)) faults.push(`${name}: ${title} (${id})`);
  }
  return `npm audit knows ${advisories.length} advisories for them`;
}

function npm(...args) {
  return spawnSync('npm', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}
