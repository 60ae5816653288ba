/** What a property can be asked, by its type; and how a typed text becomes a value of it. */
import type { PropertySeen } from "../api/resources";

export type PropertyKind = "string" | "number" | "boolean" | "timestamp" | "unknown";

export const OPERATOR_WORDS: Record<string, string> = {
  eq: "is",
  ne: "is not",
  in: "is one of",
  gte: "is at least",
  gt: "is more than",
  lte: "is at most",
  lt: "is less than",
  contains: "contains",
  starts_with: "begins with",
  exists: "is known",
  version_gte: "is version … or later",
  version_gt: "is later than version",
  version_lte: "is version … or earlier",
  version_lt: "is earlier than version",
  within_last: "lies within the last … days",
  within_next: "lies within the next … days",
};

const BY_KIND: Record<PropertyKind, string[]> = {
  string: [
    "eq",
    "ne",
    "in",
    "contains",
    "starts_with",
    "exists",
    "version_gte",
    "version_gt",
    "version_lte",
    "version_lt",
  ],
  number: ["eq", "ne", "gte", "gt", "lte", "lt", "in", "exists"],
  boolean: ["eq", "ne", "exists"],
  timestamp: ["within_last", "within_next", "gte", "gt", "lte", "lt", "eq", "exists"],
  unknown: [
    "eq",
    "ne",
    "in",
    "gte",
    "gt",
    "lte",
    "lt",
    "contains",
    "starts_with",
    "exists",
    "version_gte",
    "version_gt",
    "version_lte",
    "version_lt",
  ],
};

/** The type that most values of a property have. */
export function kindOf(seen: Pick<PropertySeen, "kinds"> | undefined): PropertyKind {
  const kinds = Object.entries(seen?.kinds ?? {}).sort((a, b) => b[1] - a[1]);
  const kind = kinds[0]?.[0];
  return kind === "string" || kind === "number" || kind === "boolean" || kind === "timestamp"
    ? kind
    : "unknown";
}

/** The operators for a type; `current` stays on offer, so that nothing that is set vanishes. */
export function operatorsFor(kind: PropertyKind, current: string): string[] {
  const offered = BY_KIND[kind];
  return offered.includes(current) ? offered : [current, ...offered];
}

/**
 * A typed text as a value. Properties that are numbers take numbers; where the type is unknown, text
 * that reads as a number or as true or false is one.
 */
export function typedValue(text: string, kind: PropertyKind, operator: string): unknown {
  if (operator.startsWith("version_") || operator === "contains" || operator === "starts_with") {
    return text;
  }
  const trimmed = text.trim();
  if (kind === "string" || kind === "timestamp") return trimmed;
  if (kind === "boolean" || (kind === "unknown" && /^(true|false)$/.test(trimmed))) {
    return trimmed === "" ? "" : trimmed === "true";
  }
  if (trimmed !== "" && Number.isFinite(Number(trimmed))) return Number(trimmed);
  return kind === "number" ? "" : trimmed;
}

/** The value that stands there first when an operator is chosen. */
export function firstValue(operator: string, before: unknown): unknown {
  if (operator === "exists") return true;
  if (operator === "within_last" || operator === "within_next") return { days: 30 };
  if (operator === "in") return Array.isArray(before) ? before : before === "" ? [] : [before];
  if (Array.isArray(before)) return before[0] ?? "";
  return typeof before === "object" || before === true ? "" : before;
}
