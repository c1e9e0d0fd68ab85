import type { TestApp } from './app.js';
import { call } from './http.js';

/** The text that Prometheus would read. */
export async function scrape(app: Pick<TestApp, 'url'>): Promise<string> {
  const { status, body } = await call(app, 'GET', '/metrics');
  if (status !== 200) throw new Error(`/metrics answered ${status}`);
  return body as string;
}

/** The value of a series, such as `pawl_sign_ins_total{result="success"}`; undefined if there is no such series. */
export async function metric(app: Pick<TestApp, 'url'>, series: string): Promise<number | undefined> {
  const line = (await scrape(app)).split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}
