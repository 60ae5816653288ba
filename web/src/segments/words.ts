/** A definition as a sentence: "did Charged at least 3 times in the last 30 days, and …". */
import type { Definition } from "../api/resources";
import { day } from "../format/dates";
import { count, counted, plain } from "../format/numbers";

type Json = Record<string, unknown>;

/** `names` turns ids of segments and goals into what people call them. */
export interface Names {
  segment?: (id: string) => string | undefined;
  goal?: (id: string) => string | undefined;
}

const BUCKETS: Record<string, string> = {
  most_likely: "most likely",
  moderately_likely: "moderately likely",
  least_likely: "least likely",
};

export function bucketWords(bucket: string): string {
  return BUCKETS[bucket] ?? bucket;
}

export function describe(definition: Definition, names: Names = {}): string {
  const text = clause(definition as Json, names, false);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function clause(value: Json, names: Names, nested: boolean): string {
  if ("all" in value) return group(value.all as Json[], " and ", "everybody", names, nested);
  if ("any" in value) return group(value.any as Json[], " or ", "nobody", names, nested);
  if ("not" in value) return `not (${clause(value.not as Json, names, false)})`;
  if ("did" in value) return did(value.did as Json);
  if ("did_not" in value) {
    const what = value.did_not as Json;
    return `did not do ${event(what)}${when(what)}`;
  }
  if ("sequence" in value) {
    const steps = (value.sequence as Json[]).map((step, n) => {
      const within = step.within as Json | undefined;
      return `${n > 0 ? "then " : ""}${event(step)}${n > 0 && within ? ` within ${span(within)}` : ""}`;
    });
    return `did ${steps.join(", ")}${when(value)}`;
  }
  if ("profile" in value) return trait(value.profile as Json);
  if ("bucket" in value) {
    const { goal, in: wanted } = value.bucket as { goal: string; in: string[] };
    return `is ${wanted.map(bucketWords).join(" or ")} for ${names.goal?.(goal) ?? goal}`;
  }
  if ("likelihood" in value) {
    const { goal, top_percent, ...bounds } = value.likelihood as Json & { goal: string };
    const name = names.goal?.(goal) ?? goal;
    if (top_percent !== undefined) return `is in the top ${top_percent} % for ${name}`;
    return `has a likelihood ${comparisons(bounds)} for ${name}`;
  }
  if ("segment" in value) {
    const id = value.segment as string;
    return `is in ${names.segment?.(id) ?? (id === "all-users" ? "All users" : id)}`;
  }
  const users = (value.users as string[]) ?? [];
  return `is one of ${counted(users.length, "listed user")}`;
}

function group(
  clauses: Json[],
  join: string,
  nothing: string,
  names: Names,
  nested: boolean,
): string {
  if (clauses.length === 0) return nothing;
  const text = clauses.map((one) => clause(one, names, clauses.length > 1)).join(join);
  return nested && clauses.length > 1 ? `(${text})` : text;
}

function did(what: Json): string {
  const parts = [`${what.first_time ? "did for the first time" : "did"} ${event(what)}`];
  const times = what.count as Json | undefined;
  if (times) parts.push(howOften(times, "time"));
  const days = what.days as Json | undefined;
  if (days) parts.push(`on ${howOften(days, "day")}`);
  for (const kind of ["sum", "avg", "min", "max"] as const) {
    const amount = what[kind] as (Json & { property: string }) | undefined;
    if (!amount) continue;
    const { property, ...bounds } = amount;
    const name = { sum: "total", avg: "average", min: "lowest", max: "highest" }[kind];
    parts.push(`with a ${name} ${property} ${comparisons(bounds)}`);
  }
  return parts.join(" ") + when(what);
}

function howOften(times: Json, unit: string): string {
  return Object.entries(times)
    .map(([operator, n]) => {
      const value = n as number;
      const word =
        { gte: "at least ", lte: "at most ", gt: "more than ", lt: "fewer than ", ne: "not " }[
          operator
        ] ?? "exactly ";
      return `${word}${counted(value, unit)}`;
    })
    .join(" and ");
}

function event(what: Json): string {
  const where = (what.where as Json[] | undefined) ?? [];
  const conditions = where.map((one) => {
    const { property, ...bounds } = one as Json & { property: string };
    return `${property} ${comparisons(bounds)}`;
  });
  const narrowed = conditions.length > 0 ? ` with ${conditions.join(" and ")}` : "";
  return `${what.event}${narrowed}`;
}

function when(what: Json): string {
  const within = what.within as Json | undefined;
  const between = what.between as { from: string; to: string } | undefined;
  const before = what.before as string | undefined;
  let text = "";
  if (within) text = ` in the last ${span(within)}`;
  if (between) text = ` between ${day(between.from)} and ${day(between.to)}`;
  if (before) text = ` before ${day(before)}`;
  const on = what.on as { weekdays?: string[]; hours?: { from: number; to: number } } | undefined;
  if (on?.weekdays) {
    text += ` on ${on.weekdays.map((d) => d.charAt(0).toUpperCase() + d.slice(1)).join(", ")}`;
  }
  if (on?.hours) text += ` from ${on.hours.from}:00 to ${on.hours.to}:00`;
  return text;
}

function span(within: Json): string {
  return within.hours !== undefined
    ? counted(within.hours as number, "hour")
    : counted(within.days as number, "day");
}

function trait(condition: Json): string {
  const { property, within_last, within_next, ...bounds } = condition as Json & {
    property: string;
    within_last?: Json;
    within_next?: Json;
  };
  const parts = [];
  if (Object.keys(bounds).length > 0) parts.push(comparisons(bounds));
  if (within_last) parts.push(`within the last ${span(within_last)}`);
  if (within_next) parts.push(`within the next ${span(within_next)}`);
  return `${property} ${parts.join(" and ")}`;
}

const COMPARISONS: Record<string, string> = {
  eq: "is",
  ne: "is not",
  gt: ">",
  gte: "≥",
  lt: "<",
  lte: "≤",
  contains: "contains",
  starts_with: "begins with",
  version_gte: "≥ version",
  version_gt: "> version",
  version_lt: "< version",
  version_lte: "≤ version",
};

function comparisons(bounds: Json): string {
  return Object.entries(bounds)
    .map(([operator, value]) => {
      if (operator === "exists") return value ? "is known" : "is not known";
      if (operator === "in") return `is ${(value as unknown[]).map(shown).join(" or ")}`;
      return `${COMPARISONS[operator] ?? operator} ${shown(value)}`;
    })
    .join(" and ");
}

function shown(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? count(value) : plain(value);
  return String(value);
}

/** The events of a goal: "Charged with amount ≥ 50". */
export function goalEvents(events: readonly unknown[], match: string = "any"): string {
  const names = events.map((one) => (typeof one === "string" ? one : event(one as Json)));
  return names.join(match === "all" ? " and " : " or ");
}
