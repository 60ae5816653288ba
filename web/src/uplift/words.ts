/** What a comparison of test and control says, in the order in which it is read. */
import type { Schema } from "@intent-segments/client";
import { between, change, count, counted, percent, points, signed } from "../format/numbers";
import type { Tone } from "../goals/verdict";

export type Uplift = Schema<"Uplift">;
export type Estimate = Schema<"Estimate">;
/** What a goal, a bucket of it and an engagement have alike. */
export type Compared = Pick<
  Uplift,
  | "test"
  | "control"
  | "srm"
  | "difference"
  | "repeated"
  | "always_valid"
  | "relative"
  | "incremental_users"
  | "adjusted"
  | "verdict"
  | "verdict_by"
>;

/** So many of control must have done it before likelihoods are used, or people told apart. */
export const ENOUGH_CONVERSIONS = 100;

export interface Answer {
  tone: Tone;
  headline: string;
}

/** The verdict as people say it. */
export function answerOf(
  compared: Compared,
  direction: Uplift["direction"],
  final: boolean,
): Answer {
  if (compared.srm && !compared.srm.ok) {
    return { tone: "bad", headline: "Not to be told: the split is broken" };
  }
  if (compared.control.users === 0 || compared.test.users === 0) {
    return { tone: "neutral", headline: "Nothing to compare with yet" };
  }
  const way = direction === "maximize" ? "more did it" : "fewer did it";
  const otherWay = direction === "maximize" ? "fewer did it" : "more did it";
  if (compared.verdict === "better") return { tone: "good", headline: `It helped: ${way}` };
  if (compared.verdict === "worse") return { tone: "bad", headline: `It harmed: ${otherWay}` };
  return {
    tone: "neutral",
    headline: final ? "No effect can be told from chance" : "No effect can be told from chance yet",
  };
}

/** The estimate that the verdict goes by. */
export function headlineEstimate(compared: Compared): { estimate: Estimate | null; by: string } {
  if (compared.verdict_by === "adjusted" && compared.adjusted) {
    const { repeated, difference } = compared.adjusted;
    return repeated
      ? { estimate: repeated, by: "adjusted for likelihood, however often it is looked at" }
      : { estimate: difference, by: "adjusted for likelihood, one look at the end" };
  }
  if (compared.repeated)
    return { estimate: compared.repeated, by: "however often it is looked at" };
  if (compared.always_valid) {
    return { estimate: compared.always_valid, by: "however often and long it is looked at" };
  }
  return { estimate: compared.difference, by: "one look at the end" };
}

export interface Check {
  tone: "good" | "warn" | "bad" | "info";
  name: string;
  says: string;
}

/** Whether the comparison can be trusted, before what it says. */
export function healthChecks(
  compared: Compared,
  controlShare: number,
  looks: number,
  rolling: boolean,
): Check[] {
  return [
    splitCheck(compared, controlShare),
    controlCheck(compared),
    {
      tone: "info",
      name: "Looks",
      says: rolling
        ? "Each window is looked at once, when it is complete."
        : `${counted(looks, "night")} looked at so far; the intervals allow for one every night.`,
    },
    noiseCheck(compared),
  ];
}

function splitCheck({ srm, test, control }: Compared, share: number): Check {
  const name = "Split";
  if (!srm) return { tone: "info", name, says: "Nobody to check the split with yet." };
  const users = test.users + control.users;
  const said = `${percent(users > 0 ? control.users / users : 0)} of ${count(users)} in control, ${percent(share)} meant`;
  return srm.ok
    ? { tone: "good", name, says: `${said} (p = ${srm.p_value.toPrecision(2)}).` }
    : {
        tone: "bad",
        name,
        says: `${said}: chance does this in fewer than 1 of 1,000 cases. Whatever bent it may be what the arms differ by, so no effect is shown.`,
      };
}

function controlCheck({ control }: Compared): Check {
  const name = "Control group";
  if (control.users === 0) {
    return { tone: "bad", name, says: "Nobody is held back, so nothing can be compared." };
  }
  const said = `${counted(control.users, "member")}, ${count(control.did)} of whom did it`;
  if (control.did >= ENOUGH_CONVERSIONS) return { tone: "good", name, says: `${said}.` };
  return {
    tone: "warn",
    name,
    says: `${said}: with fewer than ${ENOUGH_CONVERSIONS} only large effects show.`,
  };
}

function noiseCheck({ adjusted, verdict_by }: Compared): Check {
  const name = "Noise";
  if (!adjusted) {
    return { tone: "info", name, says: "Nothing is known yet that would take chance out of it." };
  }
  const by = verdict_by === "adjusted" ? "the verdict goes by it" : "the verdict goes without it";
  if (adjusted.method === "cuped" && adjusted.variance_saved !== null) {
    const as = 1 / (1 - Math.min(0.99, adjusted.variance_saved));
    return {
      tone: "good",
      name,
      says: `The likelihood of day 0 explains ${percent(adjusted.variance_saved)} of the variance: as sharp as ${as.toFixed(1)} times the members (CUPED); ${by}.`,
    };
  }
  return {
    tone: "info",
    name,
    says: `Members are also compared within their day-0 buckets (stratified); ${by}.`,
  };
}

/** "+4.5 points, between +3.4 and +5.6" */
export function inPoints(estimate: Estimate | null | undefined): string {
  if (!estimate || estimate.value === null) return "–";
  return `${points(estimate.value)} points${bounds(estimate, points)}`;
}

/** "+43 %, between +36 % and +50 %" */
export function asLift(estimate: Estimate | null | undefined): string {
  if (!estimate || estimate.value === null) return "–";
  return `${change(estimate.value)}${bounds(estimate, change)}`;
}

/** "+12, between −40 and +64" */
export function asUsers(estimate: Estimate | null | undefined): string {
  if (!estimate || estimate.value === null) return "–";
  return `${signed(Math.round(estimate.value))}${bounds(estimate, (n) => signed(Math.round(n ?? 0)))}`;
}

/** The 95 % interval alone: "−12 % to +50 %"; a side without a bound is said to have none. */
export function interval(
  estimate: Estimate | null | undefined,
  told: (value: number | null) => string,
): string {
  if (!estimate || (estimate.low95 === null && estimate.high95 === null)) return "no bounds yet";
  if (estimate.low95 === null) return `up to ${told(estimate.high95)}`;
  if (estimate.high95 === null) return `${told(estimate.low95)} or more`;
  return `${told(estimate.low95)} to ${told(estimate.high95)}`;
}

function bounds(estimate: Estimate, told: (value: number | null) => string): string {
  return estimate.low95 === null && estimate.high95 === null
    ? ""
    : ` (${interval(estimate, told)})`;
}

/** The three lines in one sentence: what came, what would have come, what was said. */
export function linesInWords(uplift: Uplift): string {
  const last = uplift.by_day.at(-1);
  if (!last) return "The first night brings the first look.";
  const said = [`${count(last.actual)} of the test arm did it`];
  const { baseline, forecast } = last;
  if (baseline?.value != null) {
    const range =
      baseline.low95 !== null && baseline.high95 !== null
        ? ` (${between(baseline.low95, baseline.high95)})`
        : "";
    said.push(`control says ${count(baseline.value)} would have anyway${range}`);
  }
  if (forecast !== null) {
    const when = uplift.rolling_days != null ? "that night" : "on day 0";
    said.push(`${count(forecast)} were predicted ${when}`);
  }
  return `${said.join("; ")}.`;
}
