/** Texts of statements are few. What would exceed this is summarised each time. */
const maxRemembered = 500;
/** OpenTelemetry's semantic conventions: a summary is short. */
const maxLength = 255;

const summaries = new Map<string, string>();

/** What a statement does to which tables, such as `UPDATE sessions SELECT users`: the name of its span. */
export function summaryOf(sql: string): string {
  const known = summaries.get(sql);
  if (known !== undefined) return known;
  const summary = summarise(sql);
  if (summaries.size < maxRemembered) summaries.set(sql, summary);
  return summary;
}

/** Not FOR UPDATE, DO UPDATE or a function behind FROM. */
const touched =
  /(?<!\b(?:FOR|DO)\s+)\b(?:(INSERT\s+INTO|DELETE\s+FROM|UPDATE)\s+((?:"?\w+"?\.)?"?\w+"?)|(FROM|JOIN)\s+((?:"?\w+"?\.)?"?\w+\b"?)(?!\s*\())/g;
const defined = /"?(\w+)"?\s+AS\s+(?:NOT\s+)?(?:MATERIALIZED\s+)?\(/g;

/** Reads the tables behind INTO, FROM, JOIN and UPDATE, in their order. The statement's own names (WITH) are left out. */
function summarise(sql: string): string {
  const own = new Set([...sql.matchAll(defined)].map(([, name]) => name));
  const steps = [...sql.matchAll(touched)].map(([, writing, written, , read]) => ({
    verb: writing?.replace(/\s[^]*/, '') ?? 'SELECT',
    table: (written ?? read)!.split('.').at(-1)!.replaceAll('"', ''),
  }));
  const words = steps.filter(({ table }) => !own.has(table)).map(({ verb, table }) => `${verb} ${table}`);
  const first = /\w+/.exec(sql)?.[0] ?? 'statement';
  return ([...new Set(words)].join(' ') || first).slice(0, maxLength);
}
