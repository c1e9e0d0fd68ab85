import type { TestDatabase } from '../support/database.js';

/** A node of a plan, as EXPLAIN (FORMAT JSON) shows it. */
interface PlanNode {
  'Node Type': string;
  Operation?: string;
  'Relation Name'?: string;
  Alias?: string;
  'Index Cond'?: string;
  'Recheck Cond'?: string;
  Filter?: string;
  Output?: string[];
  Plans?: PlanNode[];
}

/** The column that decides on which server a row is. */
export interface DistributionKey {
  column: string;
  /** The number of the column in its table, from 1. */
  position: number;
}

/** Of transactions and connections: they name no table. */
const namesNoTable = /^\s*(BEGIN|COMMIT|ROLLBACK|SET|RESET|SHOW|LISTEN|UNLISTEN|DEALLOCATE|DISCARD)\b/i;

/**
 * Which tables a statement reads or writes, and which of these without saying whose rows. PostgreSQL reads the statement: its
 * plan has each use of a table by itself, under an alias of its own, with the conditions that hold for this use.
 */
export class StatementKeys {
  constructor(
    private readonly database: Pick<TestDatabase, 'query'>,
    private readonly keys: ReadonlyMap<string, DistributionKey>,
  ) {}

  /** Tables of users only, once for each use. */
  async uses(sql: string): Promise<string[]> {
    return this.usesIn(await this.nodesOf(sql)).map((node) => node['Relation Name']!);
  }

  /** The uses that read or write rows of any user. */
  async usesWithoutKey(sql: string): Promise<string[]> {
    const nodes = await this.nodesOf(sql);
    const uses = this.usesIn(nodes);
    return uses.filter((node) => !this.isKeyed(node, uses)).map((node) => node['Relation Name']!);
  }

  private async nodesOf(sql: string): Promise<PlanNode[]> {
    if (namesNoTable.test(sql)) return [];
    // Parameters stay parameters: what the plan says of `$1` holds for every value of it.
    const [row] = await this.database.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) ${sql}`,
    );
    return row!['QUERY PLAN'].flatMap(({ Plan }) => withDescendants(Plan));
  }

  /** Scans, and inserts. An update or a delete writes what its scan has found. */
  private usesIn(nodes: readonly PlanNode[]): PlanNode[] {
    return nodes.filter(
      (node) =>
        this.keys.has(node['Relation Name'] ?? '') && (/Scan$/.test(node['Node Type']) || node.Operation === 'Insert'),
    );
  }

  private isKeyed(node: PlanNode, uses: readonly PlanNode[]): boolean {
    const { column, position } = this.keys.get(node['Relation Name']!)!;
    if (node.Operation === 'Insert') return !/^NULL\b/.test(node.Plans?.[0]?.Output?.[position - 1] ?? 'NULL');
    const own = `${node.Alias}.${column}`;
    // A parameter, or the key of another row of the same user, which must itself be found by one.
    const others = uses
      .filter((other) => other !== node)
      .map((other) => `${other.Alias}.${this.keys.get(other['Relation Name']!)!.column}`);
    const isKey = (side: string) => /^\$\d+$/.test(side) || others.includes(side);
    return conditionsOf(node).some((condition) => {
      const [left = '', right = '', ...more] = condition.split(' = ');
      return more.length === 0 && ((left === own && isKey(right)) || (right === own && isKey(left)));
    });
  }
}

function withDescendants(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(withDescendants)];
}

/** What must hold for every row of a scan. */
function conditionsOf(node: PlanNode): string[] {
  return [node['Index Cond'], node['Recheck Cond'], node.Filter].flatMap((text) => (text ? conjunctsOf(text) : []));
}

/** The parts of `((a) AND (b))`, without their parentheses. One that has alternatives stays whole. */
function conjunctsOf(condition: string): string[] {
  const inner = condition.slice(1, -1);
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < inner.length; i++) {
    if (inner[i] === '(') depth++;
    if (inner[i] === ')') depth--;
    if (depth === 0 && inner.startsWith(' AND ', i)) {
      parts.push(inner.slice(start, i));
      start = i + ' AND '.length;
    }
  }
  if (parts.length === 0) return [inner];
  return [...parts, inner.slice(start)].flatMap(conjunctsOf);
}
