/** Are we going to make it, and how sure is that? One sentence each, from what was published. */
import type { Goal, Progress, Report } from "../api/resources";
import { day, shortDay } from "../format/dates";
import { between, chance, count, percent, range } from "../format/numbers";

export type Tone = "good" | "warn" | "bad" | "neutral";

export interface Verdict {
  tone: Tone;
  /** The answer. */
  headline: string;
  /** What it rests on. */
  detail: string;
}

/** Words for a probability that a wanted number is kept; the borders of the API's verdict inside. */
export function likely(probability: number): readonly [string, Tone] {
  if (probability >= 0.9) return ["Almost certainly", "good"];
  if (probability >= 0.65) return ["Probably", "good"];
  if (probability >= 0.5) return ["Rather yes than no", "warn"];
  if (probability >= 0.35) return ["Rather no than yes", "warn"];
  if (probability >= 0.1) return ["Probably not", "bad"];
  return ["Almost certainly not", "bad"];
}

/** What a wanted number means in either direction: "reach 900", "stay within 350". */
export function wanted(goal: Pick<Goal, "direction">, value: number, metric = "users"): string {
  const unit = metric === "events" ? " events" : "";
  return goal.direction === "maximize"
    ? `reach ${count(value)}${unit}`
    : `stay within ${count(value)}${unit}`;
}

export function verdictOf(
  goal: Goal,
  progress: Progress | undefined,
  report: Report | undefined,
): Verdict {
  if (goal.status === "preparing") {
    return {
      tone: "neutral",
      headline: "Being set up",
      detail: "The model is trained and everybody is scored; this takes some minutes.",
    };
  }
  if (goal.status === "failed" || goal.status === "needs_data") {
    return {
      tone: goal.status === "failed" ? "bad" : "warn",
      headline: goal.status === "failed" ? "The set-up failed" : "History is too thin",
      detail: goal.status_reason ?? "",
    };
  }
  const last = progress?.days.at(-1);
  if (!progress || !last) {
    return {
      tone: "neutral",
      headline: "No night yet",
      detail: "The first night after the start brings the first numbers.",
    };
  }
  if (goal.rolling_days != null) return rollingVerdict(goal, progress);
  if (report?.final) return finalVerdict(goal, report);
  if (goal.status === "ended" || goal.status === "archived") {
    // Chances of a period that is over would be no chances; the report has the outcome.
    return { tone: "neutral", headline: "Over", detail: `${count(last.did)} members did it.` };
  }

  const end = goal.ends_on ? shortDay(goal.ends_on) : "";
  const { outlook } = progress;
  const target = outlook?.target;
  const decided = target && target.metric === "users" && settled(goal, last.did, target.value);
  if (outlook && decided) {
    return {
      ...decided,
      detail: `${count(outlook.value)} members are expected by ${end}, ${between(outlook.low80, outlook.high80)} with 80\u202f% certainty.`,
    };
  }
  if (outlook && target?.probability != null) {
    const [words, tone] = likely(target.probability);
    return {
      tone,
      headline: `${words}: ${chance(target.probability)} to ${wanted(goal, target.value, target.metric)}`,
      detail: `${count(outlook.value)} members are expected by ${end}, ${between(outlook.low80, outlook.high80)} with 80 % certainty.`,
    };
  }
  const said = last.predicted;
  if (!said) {
    return {
      tone: "neutral",
      headline: `${count(last.did)} so far`,
      detail: outlook ? `${count(outlook.value)} are expected by ${end}.` : "",
    };
  }
  const [headline, tone] = comparedWith(goal, last.did, said.low80, said.high80);
  return {
    tone,
    headline,
    detail: `${count(last.did)} so far, ${range(said.low80, said.high80)} were predicted by now${
      outlook ? `; ${count(outlook.value)} are expected by ${end}` : ""
    }.`,
  };
}

/** A wanted number that is passed before the end: reached for good, or missed for good. */
function settled(
  goal: Pick<Goal, "direction">,
  did: number,
  value: number,
): Pick<Verdict, "tone" | "headline"> | null {
  if (goal.direction === "maximize") {
    return did >= value
      ? { tone: "good", headline: `Reached already: ${count(did)} of ${count(value)} wanted` }
      : null;
  }
  return did > value
    ? { tone: "bad", headline: `Missed: ${count(did)} already, ${count(value)} allowed` }
    : null;
}

/** Where what came lies to what was predicted for the day. */
function comparedWith(
  goal: Pick<Goal, "direction">,
  did: number,
  low: number,
  high: number,
): readonly [string, Tone] {
  if (did >= low && did <= high) return ["On course with the forecast", "good"];
  const more = did > high;
  const better = more === (goal.direction === "maximize");
  return [
    `${more ? "More" : "Fewer"} than the forecast, ${better ? "for the better" : "for the worse"}`,
    better ? "good" : "bad",
  ];
}

function finalVerdict(goal: Goal, report: Report): Verdict {
  const { outcome, target } = report;
  const detail = outcome
    ? `${count(outcome.actual)} of ${count(report.users)} members did it; ${count(outcome.predicted)} were predicted${
        outcome.error != null
          ? `, ${percent(Math.abs(outcome.error))} ${outcome.error < 0 ? "too few" : "too many"}`
          : ""
      }.`
    : "";
  if (target?.reached != null) {
    const kept = target.reached;
    const what = goal.direction === "maximize" ? "reached" : "kept";
    return {
      tone: kept ? "good" : "bad",
      headline: kept
        ? `${capital(what)}: ${count(target.actual)} of ${count(target.value)} wanted`
        : `Missed: ${count(target.actual)}, ${
            goal.direction === "maximize" ? "of" : "more than the"
          } ${count(target.value)} ${goal.direction === "maximize" ? "wanted" : "allowed"}`,
      detail,
    };
  }
  return {
    tone: outcome?.within ? "good" : "warn",
    headline: outcome?.within ? "As predicted" : "Other than predicted",
    detail,
  };
}

/** The night whose window was the last to be over; undefined where none is. */
export function newestWindow(progress: Progress | undefined): Progress["days"][number] | undefined {
  return progress?.days.findLast((one) => one.window?.did != null);
}

function rollingVerdict(goal: Goal, progress: Progress): Verdict {
  const last = progress.days.at(-1);
  const said = last?.predicted;
  const days = goal.rolling_days ?? 0;
  const windows = progress.windows;
  return {
    tone: "neutral",
    headline: said
      ? `${count(said.value)} will do it within ${days} days`
      : `Asked anew every night, for ${days} days`,
    detail: [
      said &&
        `${capital(between(said.low80, said.high80))} with 80 % certainty, as of ${day(last?.date)}.`,
      windows?.mape != null &&
        `${count(windows.complete)} earlier windows are over; predictions were off by ${percent(windows.mape)} on average.`,
    ]
      .filter(Boolean)
      .join(" "),
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
