import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Definition } from "../src/api/resources";
import { firstValue, kindOf, operatorsFor, typedValue } from "../src/segments/comparisons";
import {
  type Did,
  fromDefinition,
  missing,
  newForm,
  newRow,
  toDefinition,
  withRow,
} from "../src/segments/form";
import { describe as inWords } from "../src/segments/words";

/** Every definition that the page about the language shows. */
const PAGE = readFileSync(new URL("../../docs/segments.md", import.meta.url), "utf-8");
const EXAMPLES = [...PAGE.matchAll(/```json\n(.*?)```/gs)]
  .map((found) => JSON.parse(found[1] ?? "") as Definition & object)
  .filter((value) => !Array.isArray(value) && !("type" in value));

describe("a definition opened in the form and saved again", () => {
  test("there are examples of every clause", () => {
    expect(EXAMPLES.length).toBeGreaterThan(30);
  });
  test.each(EXAMPLES.map((one) => [JSON.stringify(one), one] as const))(
    "is unchanged: %s",
    (_, definition) => {
      const form = fromDefinition(definition);
      expect(toDefinition(form)).toEqual(definition);
      expect([...missing(form)]).toEqual([]);
    },
  );
  test.each([
    ["doubly negated", { not: { not: { did: { event: "A" } } } }],
    ["a negated group at the top", { not: { all: [{ did: { event: "A" } }] } }],
    ["a group of one", { all: [{ segment: "all-users" }] }],
    ["any of nothing", { any: [] }],
    [
      "two bounds of one count",
      { did: { event: "A", count: { gte: 2, lt: 9 }, first_time: true } },
    ],
    ["hours", { did_not: { event: "A", within: { hours: 3 }, on: { weekdays: ["mon"] } } }],
  ])("is unchanged: %s", (_, definition) => {
    expect(toDefinition(fromDefinition(definition as Definition))).toEqual(definition);
  });
});

describe("an unfinished form", () => {
  test("says of each row what is missing", () => {
    const form = newForm();
    form.rows = [newRow("did"), newRow("trait"), newRow("segment"), newRow("bucket")];
    expect([...missing(form).values()]).toEqual([
      "choose an event",
      "choose a property",
      "choose a segment",
      "choose a goal",
    ]);
  });
  test("is finished by filling it in", () => {
    const form = newForm();
    const filled = withRow(form, form.rows[0]?.id ?? 0, (row) => ({
      ...(row as Did),
      event: "Charged",
    }));
    expect(missing(filled).size).toBe(0);
    expect(toDefinition(filled)).toEqual({
      did: { event: "Charged", within: { days: 30 }, count: { gte: 1 } },
    });
  });
  test("a row inside a group is found and taken away", () => {
    const form = newForm();
    const group = newRow("group");
    form.rows = [newRow("did"), group];
    if (group.kind !== "group") throw new Error("not a group");
    const smaller = withRow(form, group.rows[0]?.id ?? 0, () => null);
    expect(smaller.rows[1]).toMatchObject({ rows: [{ id: group.rows[1]?.id }] });
  });
});

describe("comparisons of a property", () => {
  test.each([
    ["12.5", "number", "gte", 12.5],
    ["twelve", "number", "gte", ""],
    ["12", "string", "eq", "12"],
    ["12", "unknown", "eq", 12],
    ["true", "boolean", "eq", true],
    ["false", "unknown", "eq", false],
    ["10.2", "unknown", "version_gte", "10.2"],
    ["2026-10-01", "timestamp", "gte", "2026-10-01"],
  ] as const)("%s typed for a %s (%s) is %s", (text, kind, operator, value) => {
    expect(typedValue(text, kind, operator)).toBe(value);
  });
  test("the type is that of most values, and a set operator stays on offer", () => {
    expect(kindOf({ kinds: { number: 12_004, string: 310 } })).toBe("number");
    expect(operatorsFor("number", "contains")[0]).toBe("contains");
    expect(operatorsFor("boolean", "eq")).toEqual(["eq", "ne", "exists"]);
  });
  test("another operator keeps what was typed where it can", () => {
    expect(firstValue("in", "Berlin")).toEqual(["Berlin"]);
    expect(firstValue("eq", ["Berlin", "Rome"])).toBe("Berlin");
    expect(firstValue("within_last", "x")).toEqual({ days: 30 });
  });
});

describe("a definition in words", () => {
  test.each([
    [
      { did: { event: "Basket Bought", count: { gte: 4 }, within: { days: 56 } } },
      "Did Basket Bought at least 4 times in the last 56 days",
    ],
    [{ all: [] }, "Everybody"],
    [
      {
        all: [
          { did: { event: "A", where: [{ property: "amount", gte: 50 }] } },
          { any: [{ profile: { property: "city", in: ["Rome", "Bern"] } }, { segment: "seg_1" }] },
        ],
      },
      "Did A with amount ≥ 50 and (city is Rome or Bern or is in Fans)",
    ],
    [{ did_not: { event: "A", before: "2026-10-05" } }, "Did not do A before 5 Oct 2026"],
    [
      { sequence: [{ event: "A" }, { event: "B", within: { hours: 24 } }] },
      "Did A, then B within 24 hours",
    ],
  ])("%j", (definition, words) => {
    expect(inWords(definition as Definition, { segment: () => "Fans" })).toBe(words);
  });
});
