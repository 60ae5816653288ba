/** Whom it moved: day-0 buckets and engagements, and tenths of the likelihood. */
import type { BucketName } from "../api/resources";
import { ForestChart, type ForestRow } from "../charts/forest";
import { count, percent, points, pointsTick } from "../format/numbers";
import { bucketLabel } from "../goals/buckets";
import { type Compared, type Estimate, headlineEstimate, inPoints, type Uplift } from "./words";

const AXIS = "test less control, in percentage points";
const HEAD = ["Members", "Test and control", "Difference"] as const;

/** An interval without 0 has a colour: good or bad by the goal's direction. */
export function effectTone(
  estimate: Estimate | null,
  direction: Uplift["direction"],
): ForestRow["tone"] {
  if (!estimate || estimate.low95 === null || estimate.high95 === null) return "neutral";
  if (estimate.low95 <= 0 && estimate.high95 >= 0) return "neutral";
  return estimate.low95 > 0 === (direction === "maximize") ? "good" : "bad";
}

export function effectRow(
  id: string,
  label: string,
  { test, control }: Pick<Compared, "test" | "control">,
  estimate: Estimate | null,
  direction: Uplift["direction"],
): ForestRow {
  return {
    id,
    label,
    note: `${percent(test.rate)} of ${count(test.users)}, ${percent(control.rate)} of ${count(control.users)}`,
    value: estimate?.value ?? null,
    low: estimate?.low95 ?? null,
    high: estimate?.high95 ?? null,
    tone: effectTone(estimate, direction),
    told: inPoints(estimate).replace(" points", ""),
  };
}

export function ByGroupChart({ uplift }: { uplift: Uplift }) {
  const row = (id: string, label: string, compared: Compared) =>
    effectRow(id, label, compared, headlineEstimate(compared).estimate, uplift.direction);
  const rows = [
    ...(uplift.bucket || uplift.engagement ? [] : [row("all", "All members", uplift)]),
    ...uplift.by_bucket.map((one) =>
      row(one.bucket, bucketLabel(one.bucket as BucketName), one as Compared),
    ),
    ...uplift.engagements.map((one) =>
      row(one.engagement.id, one.engagement.name, one as Compared),
    ),
  ];
  return (
    <ForestChart
      title={uplift.engagements.length > 0 ? "By bucket and engagement" : "By bucket"}
      summary={`Buckets are those of ${
        uplift.rolling_days != null ? "the night before the window" : "day 0"
      }, or of the day of coming into an engagement: later ones would be effects themselves.`}
      axis={AXIS}
      tick={pointsTick}
      rows={rows}
      head={HEAD}
    />
  );
}

export function ByTenthChart({ uplift }: { uplift: Uplift }) {
  const tenths = uplift.by_likelihood?.tenths ?? [];
  const qini = uplift.by_likelihood?.qini;
  return (
    <ForestChart
      title="By tenth of the likelihood"
      summary={`The likeliest tenth first. ${
        qini
          ? `Qini ${points(qini.coefficient)}: ${
              qini.coefficient > 0
                ? "the likeliest are the easier ones to persuade."
                : "reaching the likeliest first brings no more than any order."
            }`
          : "With 100 conversions in control it also says whom to reach first (Qini)."
      }`}
      axis={AXIS}
      tick={pointsTick}
      rows={tenths.map((one) =>
        effectRow(
          String(one.tenth),
          `${one.tenth}. ${percent(one.likelihood)} likely`,
          one,
          one.difference,
          uplift.direction,
        ),
      )}
      head={HEAD}
    />
  );
}
