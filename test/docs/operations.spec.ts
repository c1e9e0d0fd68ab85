import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metrics } from '../../src/metrics/metrics.js';
import { processMetrics } from '../../src/metrics/process-metrics.js';

const read = (name: string) => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');
const text = read('operations.md');

interface Dashboard {
  templating: { list: { name: string; query: string }[] };
  panels: { id: number; title: string; targets: { expr: string }[] }[];
}
const dashboard = JSON.parse(read('grafana.json')) as Dashboard;

const ours = await new Metrics().registry.getMetricsAsJSON();
const all = [...ours, ...(await processMetrics().getMetricsAsJSON())];

/** The names of the metrics in queries: a histogram has three series. */
const series = new Set(
  all.flatMap(({ name, type }) =>
    String(type) === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
);
const queried = (expr: string) => expr.match(/\b(?:pawl|process|nodejs)_\w+/g) ?? [];

describe('the metrics in docs/operations.md', () => {
  const rows = [...text.matchAll(/^\| `(pawl_\w+)` \| (\w+) \|(.*?)\| (.+) \|$/gm)].map(
    ([, name = '', type = '', labels = '', meaning = '']) => ({ name, type, labels, meaning }),
  );

  it('lists every metric once', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(ours.map(({ name }) => name).sort());
  });

  it.each(rows)('$name has its type and its labels', ({ name, type, labels }) => {
    const known = new Metrics().registry.getSingleMetric(name) as unknown as { labelNames: string[] };
    expect(type).toBe(String(ours.find((metric) => metric.name === name)?.type));
    expect([...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)).toEqual(known.labelNames);
  });
});

describe('the alerts in docs/operations.md', () => {
  const alerts = [...text.matchAll(/- alert: (\w+)\n +expr: (.+)$/gm)].map(([, name = '', expr = '']) => ({
    name,
    expr,
  }));

  it('are explained, each once, in the order of the rules', () => {
    const explained = [...text.matchAll(/^\| (Pawl\w+) \| .+ \| .+ \|$/gm)].map(([, name]) => name);
    expect(explained).toEqual(alerts.map(({ name }) => name));
    expect(alerts.length).toBeGreaterThan(5);
  });

  it.each(alerts)('$name asks for metrics that exist', ({ name, expr }) => {
    expect(queried(expr).filter((one) => !series.has(one))).toEqual([]);
    if (name !== 'PawlDown') expect(queried(expr)).not.toEqual([]);
  });
});

describe('the dashboard', () => {
  it.each(dashboard.panels)('$title asks for metrics that exist', ({ targets }) => {
    for (const { expr } of targets) {
      expect(queried(expr)).not.toEqual([]);
      expect(queried(expr).filter((one) => !series.has(one))).toEqual([]);
    }
  });

  it('shows every metric of ours', () => {
    const shown = dashboard.panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => queried(expr)));
    const bases = new Set(shown.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    expect(ours.map(({ name }) => name).filter((name) => !bases.has(name))).toEqual([]);
  });

  it('asks which Prometheus and which instances', () => {
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual(['datasource', 'instance']);
  });
});
