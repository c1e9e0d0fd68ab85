/**
 * `npm run check:deploy`: every manifest in deploy/ is valid by the schemas of Kubernetes (kubernetes-models) and has no field
 * that Kubernetes does not know, and kustomization.yaml lists each of them. test/operations/deploy.spec.ts holds them against Pawl.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const folder = 'deploy';
const scratch = join('node_modules', '.cache', 'check-deploy');
const faults = [];

const kustomization = read('kustomization.yaml')[0];
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
const unlisted = files.filter((name) => !kustomization.resources.includes(name));
const absent = kustomization.resources.filter((name) => !files.includes(name));
for (const name of unlisted) faults.push(`${name}: kustomization.yaml does not list it`);
for (const name of absent) faults.push(`kustomization.yaml: there is no ${name}`);

const documents = files.flatMap((file) => read(file).map((manifest) => ({ file, manifest })));
for (const { file, manifest } of documents) checkValues(file, manifest);
checkFields(documents);

for (const fault of faults) console.error(fault);
console.log(`${documents.length} manifests in ${files.length} files, ${faults.length} faults`);
process.exitCode = faults.length > 0 || documents.length === 0 ? 1 : 0;

function read(name) {
  return parseAllDocuments(readFileSync(join(folder, name), 'utf8')).map((document) => {
    for (const { message } of [...document.errors, ...document.warnings]) faults.push(`${name}: ${message}`);
    return document.toJS();
  });
}

/** The module of a kind: `apps/v1/Deployment`, `policy/v1/PodDisruptionBudget`, `v1/Service`. */
function moduleOf({ apiVersion, kind }) {
  return `kubernetes-models/${apiVersion}/${kind}`;
}

/** Types of values, required fields and formats. */
function checkValues(file, manifest) {
  try {
    const { [manifest.kind]: Model } = createRequire(import.meta.url)(moduleOf(manifest));
    new Model(manifest).validate();
  } catch (error) {
    faults.push(`${file}: ${error.message}`);
  }
}

/** The schemas allow unknown fields. The compiler does not, in an object literal of the kind's type. */
function checkFields(all) {
  mkdirSync(scratch, { recursive: true });
  const names = new Map();
  for (const [index, { file, manifest }] of all.entries()) {
    const source = `import type { I${manifest.kind} } from '${moduleOf(manifest)}';
export const manifest: I${manifest.kind} = ${JSON.stringify(manifest, null, 2)};\n`;
    const name = join(scratch, `${index}.ts`);
    writeFileSync(name, source);
    names.set(name.replaceAll('\\', '/'), file);
  }
  const options = { strict: true, noEmit: true, skipLibCheck: true, types: [], module: ts.ModuleKind.Preserve };
  const program = ts.createProgram([...names.keys()], options);
  for (const { file, messageText } of ts.getPreEmitDiagnostics(program)) {
    const place = file && [...names].find(([name]) => file.fileName.endsWith(name))?.[1];
    faults.push(`${place ?? file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  }
}
