/** The quality card of a forecast: what of it is there, and what it says in plain words. */
import type { Forecast } from "../api/resources";
import { percent } from "../format/numbers";

export interface Origin {
  as_of: string;
  forecast: number;
  actual: number;
}
export interface Calibrated {
  users: number;
  predicted: number;
  observed: number | null;
}
export interface Decile {
  top: number;
  rate: number;
  lift: number;
  gain: number;
}
/** Everything may be missing: a base rate ranks nobody, a young account has no past forecasts. */
export interface Quality {
  word: string | null;
  lift_quality: number | null;
  auc: number | null;
  average_precision: number | null;
  brier: number | null;
  ece: number | null;
  mape: number | null;
  origins: Origin[];
  reliability: Calibrated[];
  deciles: Decile[];
  drift: { word: string; signal: string | null } | null;
}

type Loose = Record<string, unknown>;

export function qualityOf(raw: Record<string, unknown> | null | undefined): Quality {
  const card = raw ?? {};
  const backtest = (card.backtest as Loose | null | undefined) ?? {};
  const drift = card.drift as Loose | null | undefined;
  return {
    word: textOf(card.word),
    lift_quality: numberOf(card.lift_quality),
    auc: numberOf(card.auc),
    average_precision: numberOf(card.average_precision),
    brier: numberOf(card.brier),
    ece: numberOf(card.ece),
    mape: numberOf(backtest.mape),
    origins: listOf<Origin>(backtest.origins).filter((one) => one.actual != null),
    reliability: listOf<Calibrated>(card.reliability),
    deciles: listOf<Decile>(card.deciles),
    drift: drift?.word ? { word: String(drift.word), signal: textOf(drift.signal) } : null,
  };
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
function listOf<T>(value: unknown): T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}

/** How far past forecasts were off: the sentence people ask for first. */
export function trackRecord(quality: Quality): string {
  const { origins, mape } = quality;
  if (origins.length === 0 || mape === null) {
    return "No past forecast of this question could be checked: history is too short.";
  }
  const times = origins.length === 1 ? "one earlier day" : `${origins.length} earlier days`;
  return `Asked on ${times}, the same forecast was off by ${percent(mape)} on average.`;
}

/** How well it tells likely from unlikely users. */
export function ranking(quality: Quality): string {
  if (quality.word === null || quality.auc === null) {
    return "It cannot tell users apart: everybody is given the same likelihood.";
  }
  const pairs = Math.round(quality.auc * 100);
  return `It ranks users ${adverb(quality.word)}: of two users, the one who did it was ranked higher in ${pairs} of 100 cases.`;
}

function adverb(word: string): string {
  return (
    { excellent: "excellently", good: "well", fair: "fairly", poor: "poorly" }[word] ?? `(${word})`
  );
}

/** Whether likelihoods mean what they say. */
export function calibration(quality: Quality): string | null {
  if (quality.ece === null) return null;
  return `Likelihoods were off by ${percent(quality.ece)} on average: of users given 30${"\u202f"}%, about 30 in 100 should do it.`;
}

export const RUNGS = [
  {
    id: "base_rate",
    label: "Base rate",
    says: "History is thin: this is the rate of comparable users, without telling them apart.",
  },
  {
    id: "small",
    label: "Small model",
    says: "History carries a small model: a few signals, drawn towards the average.",
  },
  {
    id: "full",
    label: "Full model",
    says: "History carries the full model: hundreds of signals, several methods combined.",
  },
] as const;

/** The step of the ladder that a forecast's method stands on. */
export function rungOf(method: Forecast["method"]): number {
  return Math.max(
    0,
    RUNGS.findIndex((one) => method.startsWith(one.id)),
  );
}
