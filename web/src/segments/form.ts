/**
 * A definition as the form edits it. Forms may be unfinished (no event chosen, no number typed),
 * definitions never are. `fromDefinition` and `toDefinition` are each other's inverse for every
 * definition of the language, so that opening and saving a segment changes nothing.
 */
import type { Definition } from "../api/resources";

export const COUNT_OPERATORS = ["gte", "lte", "eq", "gt", "lt", "ne"] as const;
export const AGGREGATES = ["sum", "avg", "min", "max"] as const;
export type Aggregate = (typeof AGGREGATES)[number];
export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** One comparison: an operator and its value as typed. */
export interface Comparison {
  operator: string;
  value: unknown;
}
export interface Condition {
  property: string;
  comparisons: Comparison[];
}
export type Window =
  | { kind: "ever" }
  | { kind: "days" | "hours"; n: number | null }
  | { kind: "between"; from: string; to: string }
  | { kind: "before"; date: string };
export interface Clock {
  weekdays: string[] | null;
  hours: { from: number; to: number } | null;
}
export interface Step {
  event: string;
  where: Condition[];
  within: Window;
}

interface Base {
  id: number;
  /** How many times the clause is wrapped in `not`. */
  nots: number;
}
export interface Group extends Base {
  kind: "group";
  match: "all" | "any";
  /** A group of one that is written without its wrapper: a bare clause. */
  bare: boolean;
  rows: Row[];
}
export interface Did extends Base {
  kind: "did";
  never: boolean;
  event: string;
  where: Condition[];
  window: Window;
  on: Clock | null;
  count: Comparison[];
  days: Comparison[];
  firstTime: boolean;
  amounts: { of: Aggregate; property: string; comparisons: Comparison[] }[];
}
export interface Sequence extends Base {
  kind: "sequence";
  steps: Step[];
  window: Window;
}
export interface Trait extends Base {
  kind: "trait";
  condition: Condition;
}
export interface InBucket extends Base {
  kind: "bucket";
  goal: string;
  buckets: string[];
}
export interface Likelihood extends Base {
  kind: "likelihood";
  goal: string;
  comparisons: Comparison[];
}
export interface InSegment extends Base {
  kind: "segment";
  segment: string;
}
export interface Listed extends Base {
  kind: "users";
  users: string[];
}
export type Row = Group | Did | Sequence | Trait | InBucket | Likelihood | InSegment | Listed;
export type Kind = Row["kind"];

type Json = Record<string, unknown>;

let lastId = 0;
const base = (): Base => {
  lastId += 1;
  return { id: lastId, nots: 0 };
};

/** A new row of a kind, with what is usual filled in. */
export function newRow(kind: Kind): Row {
  switch (kind) {
    case "group":
      return { ...base(), kind, match: "any", bare: false, rows: [newRow("did"), newRow("did")] };
    case "did":
      return {
        ...base(),
        kind,
        never: false,
        event: "",
        where: [],
        window: { kind: "days", n: 30 },
        on: null,
        count: [{ operator: "gte", value: 1 }],
        days: [],
        firstTime: false,
        amounts: [],
      };
    case "sequence":
      return { ...base(), kind, steps: [newStep(), newStep()], window: { kind: "ever" } };
    case "trait":
      return { ...base(), kind, condition: newCondition() };
    case "bucket":
      return { ...base(), kind, goal: "", buckets: ["most_likely"] };
    case "likelihood":
      return { ...base(), kind, goal: "", comparisons: [{ operator: "top_percent", value: 25 }] };
    case "segment":
      return { ...base(), kind, segment: "" };
    case "users":
      return { ...base(), kind, users: [] };
  }
}

export function newForm(): Group {
  return { ...base(), kind: "group", match: "all", bare: true, rows: [newRow("did")] };
}
export function newCondition(): Condition {
  return { property: "", comparisons: [{ operator: "eq", value: "" }] };
}
export function newStep(): Step {
  return { event: "", where: [], within: { kind: "ever" } };
}

export function fromDefinition(definition: Definition): Group {
  const row = readRow(definition as Json);
  if (row.kind === "group" && row.nots === 0) return row;
  return { ...base(), kind: "group", match: "all", bare: true, rows: [row] };
}

function readRow(value: Json): Row {
  if ("not" in value) {
    const inner = readRow(value.not as Json);
    return { ...inner, nots: inner.nots + 1 };
  }
  for (const match of ["all", "any"] as const) {
    if (match in value) {
      const rows = (value[match] as Json[]).map(readRow);
      return { ...base(), kind: "group", match, bare: false, rows };
    }
  }
  if ("did" in value) return readDid(value.did as Json, false);
  if ("did_not" in value) return readDid(value.did_not as Json, true);
  if ("sequence" in value) {
    const steps = (value.sequence as Json[]).map((step) => ({
      event: step.event as string,
      where: readWhere(step),
      within: readWindow(step),
    }));
    return { ...base(), kind: "sequence", steps, window: readWindow(value) };
  }
  if ("profile" in value) {
    return { ...base(), kind: "trait", condition: readCondition(value.profile as Json) };
  }
  if ("bucket" in value) {
    const { goal, in: buckets } = value.bucket as { goal: string; in: string[] };
    return { ...base(), kind: "bucket", goal, buckets };
  }
  if ("likelihood" in value) {
    const { goal, ...bounds } = value.likelihood as Json & { goal: string };
    return { ...base(), kind: "likelihood", goal, comparisons: readComparisons(bounds) };
  }
  if ("segment" in value) {
    return { ...base(), kind: "segment", segment: value.segment as string };
  }
  return { ...base(), kind: "users", users: value.users as string[] };
}

function readDid(what: Json, never: boolean): Did {
  const amounts = AGGREGATES.filter((of) => of in what).map((of) => {
    const { property, ...bounds } = what[of] as Json & { property: string };
    return { of, property, comparisons: readComparisons(bounds) };
  });
  return {
    ...base(),
    kind: "did",
    never,
    event: what.event as string,
    where: readWhere(what),
    window: readWindow(what),
    on: readClock(what.on as Json | undefined),
    count: readComparisons((what.count as Json | undefined) ?? {}),
    days: readComparisons((what.days as Json | undefined) ?? {}),
    firstTime: what.first_time === true,
    amounts,
  };
}

function readWhere(what: Json): Condition[] {
  return ((what.where as Json[] | undefined) ?? []).map(readCondition);
}

function readCondition(value: Json): Condition {
  const { property, ...bounds } = value as Json & { property: string };
  return { property, comparisons: readComparisons(bounds) };
}

function readComparisons(bounds: Json): Comparison[] {
  return Object.entries(bounds).map(([operator, value]) => ({ operator, value }));
}

function readWindow(what: Json): Window {
  const within = what.within as { days?: number; hours?: number } | undefined;
  if (within?.hours !== undefined) return { kind: "hours", n: within.hours };
  if (within?.days !== undefined) return { kind: "days", n: within.days };
  const between = what.between as { from: string; to: string } | undefined;
  if (between) return { kind: "between", ...between };
  const before = what.before as string | undefined;
  return before ? { kind: "before", date: before } : { kind: "ever" };
}

function readClock(on: Json | undefined): Clock | null {
  if (!on) return null;
  return {
    weekdays: (on.weekdays as string[] | undefined) ?? null,
    hours: (on.hours as Clock["hours"] | undefined) ?? null,
  };
}

/** What is missing in a form, by row. Empty when it can be asked about. */
export function missing(form: Group): Map<number, string> {
  const found = new Map<number, string>();
  const look = (row: Row): void => {
    const what = missingIn(row);
    if (what) found.set(row.id, what);
    if (row.kind === "group") for (const inner of row.rows) look(inner);
  };
  look(form);
  return found;
}

function missingIn(row: Row): string | null {
  switch (row.kind) {
    case "group":
      return null;
    case "did":
      if (!row.event) return "choose an event";
      if (missingWindow(row.window)) return "say when";
      if ([...row.count, ...row.days].some((one) => one.value === null)) return "say how often";
      if (row.amounts.some((one) => !one.property || missingValue(one.comparisons))) {
        return "say which amount";
      }
      return missingWhere(row.where);
    case "sequence":
      if (row.steps.some((step) => !step.event)) return "choose an event for every step";
      if (missingWindow(row.window) || row.steps.some((step) => missingWindow(step.within))) {
        return "say when";
      }
      return row.steps.map((step) => missingWhere(step.where)).find(Boolean) ?? null;
    case "trait":
      return missingWhere([row.condition]);
    case "bucket":
      if (!row.goal) return "choose a goal";
      return row.buckets.length > 0 ? null : "choose a bucket";
    case "likelihood":
      if (!row.goal) return "choose a goal";
      return missingValue(row.comparisons) ? "say how likely" : null;
    case "segment":
      return row.segment ? null : "choose a segment";
    case "users":
      return row.users.length > 0 ? null : "list user ids";
  }
}

function missingWindow(window: Window): boolean {
  switch (window.kind) {
    case "ever":
      return false;
    case "between":
      return !window.from || !window.to;
    case "before":
      return !window.date;
    default:
      return window.n === null;
  }
}

function missingWhere(conditions: readonly Condition[]): string | null {
  if (conditions.some((one) => !one.property)) return "choose a property";
  return conditions.some((one) => missingValue(one.comparisons)) ? "give a value" : null;
}

function missingValue(comparisons: readonly Comparison[]): boolean {
  return (
    comparisons.length === 0 ||
    comparisons.some(
      ({ value }) => value === "" || value === null || (Array.isArray(value) && value.length === 0),
    )
  );
}

/** The definition of a form that misses nothing. */
export function toDefinition(form: Group): Definition {
  const only = form.rows[0];
  if (form.bare && form.rows.length === 1 && only) return writeRow(only) as Definition;
  return writeRow(form) as Definition;
}

function writeRow(row: Row): Json {
  let value = writeClause(row);
  for (let n = 0; n < row.nots; n += 1) value = { not: value };
  return value;
}

function writeClause(row: Row): Json {
  switch (row.kind) {
    case "group":
      return { [row.match]: row.rows.map(writeRow) };
    case "did":
      return { [row.never ? "did_not" : "did"]: writeDid(row) };
    case "sequence":
      return {
        sequence: row.steps.map((step) => ({
          event: step.event,
          ...writeWindow(step.within),
          ...writeWhere(step.where),
        })),
        ...writeWindow(row.window),
      };
    case "trait":
      return { profile: writeCondition(row.condition) };
    case "bucket":
      return { bucket: { goal: row.goal, in: row.buckets } };
    case "likelihood":
      return { likelihood: { goal: row.goal, ...writeComparisons(row.comparisons) } };
    case "segment":
      return { segment: row.segment };
    case "users":
      return { users: row.users };
  }
}

function writeDid(row: Did): Json {
  const what: Json = {
    event: row.event,
    ...writeWindow(row.window),
    ...(row.on
      ? {
          on: {
            ...(row.on.weekdays ? { weekdays: row.on.weekdays } : {}),
            ...(row.on.hours ? { hours: row.on.hours } : {}),
          },
        }
      : {}),
    ...writeWhere(row.where),
  };
  if (row.never) return what;
  if (row.count.length > 0) what.count = writeComparisons(row.count);
  if (row.days.length > 0) what.days = writeComparisons(row.days);
  if (row.firstTime) what.first_time = true;
  for (const { of, property, comparisons } of row.amounts) {
    what[of] = { property, ...writeComparisons(comparisons) };
  }
  return what;
}

function writeWhere(where: readonly Condition[]): Json {
  return where.length > 0 ? { where: where.map(writeCondition) } : {};
}

export function writeCondition({ property, comparisons }: Condition): Json {
  return { property, ...writeComparisons(comparisons) };
}

function writeComparisons(comparisons: readonly Comparison[]): Json {
  return Object.fromEntries(comparisons.map(({ operator, value }) => [operator, value]));
}

function writeWindow(window: Window): Json {
  switch (window.kind) {
    case "ever":
      return {};
    case "between":
      return { between: { from: window.from, to: window.to } };
    case "before":
      return { before: window.date };
    default:
      return { within: { [window.kind]: window.n } };
  }
}

/** The form with one row changed, wherever it stands; null takes the row away. */
export function withRow(form: Group, id: number, change: (row: Row) => Row | null): Group {
  return withRowIn(form, id, change) as Group;
}

function withRowIn(row: Row, id: number, change: (row: Row) => Row | null): Row | null {
  if (row.id === id) return change(row);
  if (row.kind !== "group") return row;
  const rows = row.rows
    .map((inner) => withRowIn(inner, id, change))
    .filter((inner) => inner !== null);
  return { ...row, rows };
}
