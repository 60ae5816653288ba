import { describe, expect, test } from "vitest";
import type { Goal, Progress } from "../src/api/resources";
import { typeset } from "../src/format/dates";
import { compact, pointsTick } from "../src/format/numbers";
import { spread } from "../src/goals/movement";
import { newestWindow, verdictOf } from "../src/goals/verdict";
import { effectTone } from "../src/uplift/who";
import {
  answerOf,
  asLift,
  type Compared,
  type Estimate,
  headlineEstimate,
  healthChecks,
  inPoints,
} from "../src/uplift/words";

const bare = (text: string) => text.replaceAll("\u202f", " ");
const estimate = (value: number, low95: number | null, high95: number | null): Estimate => ({
  value,
  low95,
  high95,
});
const arm = (users: number, did: number) => ({
  users,
  did,
  rate: users > 0 ? did / users : null,
  low95: null,
  high95: null,
});

const SOUND: Compared = {
  test: arm(1900, 380),
  control: arm(100, 15),
  srm: { p_value: 0.43, ok: true },
  difference: estimate(0.05, -0.03, 0.11),
  repeated: estimate(0.05, -0.05, 0.13),
  always_valid: estimate(0.05, -0.08, 0.16),
  relative: estimate(0.33, -0.2, null),
  incremental_users: estimate(95, -95, 247),
  adjusted: null,
  verdict: "inconclusive",
  verdict_by: "counts",
};

describe("the answer", () => {
  test.each([
    ["better", "maximize", "good", "It helped: more did it"],
    ["better", "minimize", "good", "It helped: fewer did it"],
    ["worse", "maximize", "bad", "It harmed: fewer did it"],
    ["worse", "minimize", "bad", "It harmed: more did it"],
  ] as const)("%s, to %s", (verdict, direction, tone, headline) => {
    expect(answerOf({ ...SOUND, verdict }, direction, false)).toEqual({ tone, headline });
  });

  test("what is not decided may still be, unless the goal is over", () => {
    expect(answerOf(SOUND, "maximize", false).headline).toMatch(/yet$/);
    expect(answerOf(SOUND, "maximize", true).headline).not.toMatch(/yet/);
  });

  test("a broken split outweighs every verdict", () => {
    const broken = { ...SOUND, srm: { p_value: 1e-9, ok: false }, verdict: "better" as const };
    expect(answerOf(broken, "maximize", true).tone).toBe("bad");
    expect(answerOf(broken, "maximize", true).headline).toContain("split");
  });

  test("without anybody in control there is nothing to compare", () => {
    const alone = { ...SOUND, control: arm(0, 0), srm: null };
    expect(answerOf(alone, "maximize", false).headline).toBe("Nothing to compare with yet");
  });
});

describe("the estimate shown is the one that the verdict goes by", () => {
  const adjusted = {
    method: "cuped" as const,
    difference: estimate(0.04, 0.01, 0.07),
    repeated: estimate(0.04, 0.005, 0.075),
    variance_saved: 0.3,
  };
  test.each([
    ["repeated", SOUND, SOUND.repeated],
    ["adjusted", { ...SOUND, adjusted, verdict_by: "adjusted" as const }, adjusted.repeated],
    ["always valid without an end", { ...SOUND, repeated: null }, SOUND.always_valid],
    ["one look", { ...SOUND, repeated: null, always_valid: null }, SOUND.difference],
  ])("%s", (_, compared, expected) => {
    expect(headlineEstimate(compared).estimate).toEqual(expected);
  });
});

describe("health checks", () => {
  const tones = (compared: Compared) =>
    Object.fromEntries(healthChecks(compared, 0.05, 3, false).map((one) => [one.name, one.tone]));

  test("a small control group is warned of, a sound one is not", () => {
    expect(tones(SOUND)["Control group"]).toBe("warn");
    expect(tones({ ...SOUND, control: arm(4000, 600) })["Control group"]).toBe("good");
    expect(tones({ ...SOUND, control: arm(0, 0) })["Control group"]).toBe("bad");
  });
  test("a broken split says that no effect is shown", () => {
    const checks = healthChecks({ ...SOUND, srm: { p_value: 1e-9, ok: false } }, 0.05, 3, false);
    expect(checks[0]).toMatchObject({ name: "Split", tone: "bad" });
    expect(checks[0]?.says).toContain("no effect is shown");
  });
  test("what CUPED saved is told as members", () => {
    const adjusted = {
      method: "cuped" as const,
      difference: estimate(0.04, 0.01, 0.07),
      repeated: null,
      variance_saved: 0.5,
    };
    const noise = healthChecks({ ...SOUND, adjusted }, 0.05, 3, false).at(-1);
    expect(noise?.says).toContain("2.0 times the members");
    expect(noise?.says).toContain("the verdict goes without it");
  });
});

describe("intervals in words", () => {
  test("a side without a bound is said to have none", () => {
    expect(bare(asLift(SOUND.relative))).toBe("+33 % (−20 % or more)");
    expect(bare(asLift(estimate(0.33, null, 0.5)))).toBe("+33 % (up to +50 %)");
    expect(inPoints(SOUND.repeated)).toBe("+5.00 points (−5.00 to +13.00)");
    expect(inPoints(null)).toBe("–");
  });
  test.each([
    [estimate(0.05, 0.01, 0.09), "maximize", "good"],
    [estimate(0.05, 0.01, 0.09), "minimize", "bad"],
    [estimate(-0.05, -0.09, -0.01), "minimize", "good"],
    [estimate(0.05, -0.01, 0.09), "maximize", "neutral"],
    [estimate(0.05, null, 0.09), "maximize", "neutral"],
  ] as const)("%o to %s has the colour %s", (of, direction, tone) => {
    expect(effectTone(of, direction)).toBe(tone);
  });
  test("axes say minus with a minus", () => {
    expect(compact(-600)).toBe("−600");
    expect(pointsTick(-0.1)).toBe("−10");
    expect(pointsTick(0.025)).toBe("+2.5");
    expect(pointsTick(0)).toBe("0");
  });
  test("sentences of the API have days and minus signs as people write them", () => {
    expect(typeset("After 2017-10-14: -1.98 points (-18.11 to +10.68), 299-450.")).toBe(
      "After 14 Oct 2017: −1.98 points (−18.11 to +10.68), 299-450.",
    );
  });
});

describe("labels beside a flow", () => {
  test("they keep their order and their distance within the drawing", () => {
    expect(spread([10, 20, 200], [13, 278], 38)).toEqual([13, 51, 200]);
    expect(spread([100, 260, 290], [13, 278], 38)).toEqual([100, 240, 278]);
  });
});

describe("a wanted number that is passed before the end", () => {
  const progress = (did: number) =>
    ({
      days: [{ date: "2017-10-14", did }],
      outlook: { value: 443, low80: 418, high80: 474, target: { value: 350, probability: 0 } },
    }) as unknown as Progress;
  const goal = (direction: Goal["direction"]) =>
    ({ status: "active", direction, ends_on: "2017-10-21", rolling_days: null }) as unknown as Goal;
  const target = { value: 350, metric: "users", probability: 0.5 };
  const withTarget = (did: number) => {
    const made = progress(did);
    Object.assign(made.outlook as object, { target });
    return made;
  };

  test("of a goal that is over no chance is told, whatever is known of it", () => {
    const over = { ...goal("maximize"), status: "ended" } as Goal;
    expect(verdictOf(over, withTarget(59), undefined).headline).toBe("Over");
  });

  test.each([
    ["minimize", 366, "bad", "Missed: 366 already, 350 allowed"],
    ["minimize", 350, "warn", null],
    ["maximize", 350, "good", "Reached already: 350 of 350 wanted"],
    ["maximize", 349, "warn", null],
  ] as const)("to %s, %i", (direction, did, tone, headline) => {
    const said = verdictOf(goal(direction), withTarget(did), undefined);
    expect(said.tone).toBe(tone);
    if (headline) expect(said.headline).toBe(headline);
    else expect(said.headline).toContain("Rather yes than no");
  });
});

test("of a rolling goal the newest window that is over is told, not the one that runs", () => {
  const night = (date: string, did: number | null) => ({ date, did: 0, window: { did } });
  const progress = {
    days: [night("2017-10-15", 652), night("2017-10-16", 560), night("2017-10-17", null)],
  } as unknown as Progress;
  expect(newestWindow(progress)?.window?.did).toBe(560);
  expect(newestWindow(undefined)).toBeUndefined();
});
