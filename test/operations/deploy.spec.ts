import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/config.js';

const folder = join(import.meta.dirname, '../../deploy');

interface Manifest {
  kind: string;
  metadata: { name: string };
  data: Record<string, string>;
  spec: {
    terminationGracePeriodSeconds: number;
    template: { spec: PodSpec };
    maxReplicas: number;
    minReplicas: number;
    maxUnavailable: number;
    selector: unknown;
    scaleTargetRef: { name: string };
    ports: { targetPort: string }[];
  };
}
interface PodSpec {
  terminationGracePeriodSeconds?: number;
  securityContext: Record<string, unknown>;
  volumes?: unknown;
  containers: {
    command?: string[];
    env: {
      name: string;
      value?: string;
      valueFrom?: { secretKeyRef?: { name: string; key: string; optional?: boolean } };
    }[];
    ports?: { name: string; containerPort: number }[];
    securityContext: Record<string, unknown>;
    startupProbe: Probe;
    readinessProbe: Probe;
    livenessProbe: Probe;
  }[];
}
interface Probe {
  httpGet: { path: string; port: string };
  periodSeconds: number;
  timeoutSeconds?: number;
  failureThreshold: number;
}

const text = (name: string) => readFileSync(join(folder, name), 'utf8');
const manifests = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
  .flatMap((name) => parseAllDocuments(text(name)).map((document) => document.toJS() as Manifest));
const find = (kind: string) => manifests.find((manifest) => manifest.kind === kind)!;
const pods = ['Deployment', 'Job'].map((kind) => ({ kind, spec: find(kind).spec.template.spec }));
const [deployment] = pods;
const [container] = deployment!.spec.containers;

/** A good value for each key of the secret. */
const secret: Record<string, string> = {
  DATABASE_URL: 'postgresql://pawl:password@db.example.com/pawl?sslmode=verify-full',
  AUTH_SECRET: 'x'.repeat(48),
  METRICS_TOKEN: 'y'.repeat(48),
  SMTP_URL: 'smtps://pawl:password@mail.example.com',
  REDIS_URL: 'redis://cache.example.com:6379',
};

/** What a pod's process gets: the image's own, the settings and the secret. */
function environmentOf({ containers }: PodSpec, withOptional: boolean): NodeJS.ProcessEnv {
  const references = containers[0]!.env.filter(({ valueFrom }) => withOptional || !valueFrom?.secretKeyRef?.optional);
  const secrets = references.map(({ name, valueFrom }) => [name, secret[valueFrom!.secretKeyRef!.key]]);
  return { NODE_ENV: 'production', ...find('ConfigMap').data, ...Object.fromEntries(secrets) };
}

describe('the manifests for Kubernetes', () => {
  it.each(pods)('give $kind settings that exist, with values that the start accepts', ({ spec }) => {
    for (const withOptional of [true, false]) {
      const environment = environmentOf(spec, withOptional);
      // Without MAIL_FROM the start would refuse SMTP_URL, and the other way round.
      expect(() => loadConfig(environment)).not.toThrow();
    }
    const documented = readFileSync(join(folder, '../docs/configuration.md'), 'utf8');
    for (const name of Object.keys(environmentOf(spec, true))) expect(documented).toContain(`| \`${name}\` |`);
  });

  it('have no secret in them: every secret setting is a reference to the Secret', () => {
    for (const { spec } of pods) {
      for (const { value, valueFrom } of spec.containers[0]!.env) {
        expect(value).toBeUndefined();
        expect(valueFrom?.secretKeyRef?.name).toBe('pawl');
      }
    }
    expect(manifests.map(({ kind }) => kind)).not.toContain('Secret');
    expect(
      Object.keys(find('ConfigMap').data).filter((name) => /SECRET|PASSWORD$|TOKEN|DATABASE_URL|_URL_FILE/.test(name)),
    ).toEqual([]);
    for (const { env } of deployment!.spec.containers) {
      for (const { name, valueFrom } of env) {
        const { key, optional } = valueFrom!.secretKeyRef!;
        expect(key).toBe(name);
        // README.md creates the keys that a pod cannot start without.
        if (!optional) expect(text('README.md')).toContain(`--from-literal=${key}=`);
      }
    }
  });

  it('wait with the kill until a stop is over: 10 seconds more than SHUTDOWN_DELAY, and the last spans', () => {
    const { shutdownDelaySeconds } = loadConfig(environmentOf(deployment!.spec, true));
    expect(deployment!.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(shutdownDelaySeconds + 10 + 2);
  });

  it('ask for readiness more often than SHUTDOWN_DELAY, and for life at a route that needs no database', () => {
    const { shutdownDelaySeconds, port, database } = loadConfig(environmentOf(deployment!.spec, true));
    const { readinessProbe, livenessProbe, startupProbe, ports } = container!;
    expect(readinessProbe.httpGet.path).toBe('/health/ready');
    const noticedSeconds =
      (readinessProbe.periodSeconds + readinessProbe.timeoutSeconds!) * readinessProbe.failureThreshold;
    expect(noticedSeconds).toBeLessThan(shutdownDelaySeconds);
    expect([livenessProbe, startupProbe].map(({ httpGet }) => httpGet.path)).toEqual(['/health/live', '/health/live']);
    expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThan(
      database.startTimeoutSeconds * 2,
    );
    expect(ports).toEqual([{ name: 'http', containerPort: port }]);
    for (const probe of [readinessProbe, livenessProbe, startupProbe]) expect(probe.httpGet.port).toBe('http');
    expect(find('Service').spec.ports.map(({ targetPort }) => targetPort)).toEqual(['http']);
  });

  it.each(pods)(
    'run $kind as the image does: the same user and program, and a file system that is read-only',
    ({ spec }) => {
      const dockerfile = readFileSync(join(folder, '../Dockerfile'), 'utf8');
      const [, uid, gid] = /^USER (\d+):(\d+)$/m.exec(dockerfile)!;
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: Number(uid),
        runAsGroup: Number(gid),
      });
      expect(spec.containers[0]!.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(spec.volumes).toBeUndefined();
      const { command } = spec.containers[0]!;
      if (command)
        expect(command.slice(0, 2)).toEqual((JSON.parse(/^CMD (.+)$/m.exec(dockerfile)![1]!) as string[]).slice(0, 2));
    },
  );

  it('have enough connections for the most replicas, with one more for a rolling update and the migration', () => {
    const { database } = loadConfig(environmentOf(deployment!.spec, true));
    const { maxReplicas, minReplicas } = find('HorizontalPodAutoscaler').spec;
    const postgresDefault = 100;
    const reservedForSuperusers = 3;
    const connectionsOfInstance = database.poolSize + 1;
    const migration = 2;
    expect((maxReplicas + 1) * connectionsOfInstance + migration).toBeLessThanOrEqual(
      postgresDefault - reservedForSuperusers,
    );
    expect(minReplicas).toBeGreaterThan(find('PodDisruptionBudget').spec.maxUnavailable);
  });
});
