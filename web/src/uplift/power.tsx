/** Which effect the control group could show: said before anything is sent. */
import { useState } from "preact/hooks";
import { type BucketName, type Goal, usePower } from "../api/resources";
import { chance, change, count, percent } from "../format/numbers";
import { bucketLabel } from "../goals/buckets";

const LIFTS = [0.05, 0.1, 0.2, 0.5] as const;
const USUAL = 0.2;

/** `buckets` is null for everyone of the goal. */
export function PowerAdvice({
  goal,
  buckets,
}: {
  goal: Goal;
  buckets: readonly BucketName[] | null;
}) {
  const way = goal.direction === "maximize" ? 1 : -1;
  const [lift, setLift] = useState<number>(USUAL);
  const power = usePower(goal.id, way * lift).data;
  if (!power) return null;
  const shown =
    buckets === null
      ? [{ name: "Everyone", of: power.overall }]
      : power.by_bucket
          .filter((one) => buckets.includes(one.bucket))
          .map((one) => ({ name: bucketLabel(one.bucket), of: one }));
  return (
    <section class="card stack tight" aria-labelledby="power-heading">
      <h2 id="power-heading">Will its effect show?</h2>
      <div class="clause-line">
        <label for="power-lift" class="small quiet">
          If the rate changes by
        </label>
        <select
          id="power-lift"
          class="input auto"
          value={lift}
          onChange={(event) => setLift(Number(event.currentTarget.value))}
        >
          {LIFTS.map((one) => (
            <option key={one} value={one}>
              {change(way * one)}
            </option>
          ))}
        </select>
      </div>
      {shown.map(({ name, of }) => (
        <div key={name}>
          <p>
            <b>{name}:</b>{" "}
            {of.asked
              ? `found in ${chance(of.asked.power)} of cases.`
              : "too few members to find anything."}
          </p>
          <p class="small quiet">
            {count(of.control)} of {count(of.users)} are held back, {percent(of.base_rate)} would do
            it anyway.{" "}
            {of.smallest_lift !== null
              ? `In four of five cases an effect of ${change(of.smallest_lift)} is found.`
              : "No effect would be found in four of five cases."}{" "}
            {remedy(of.asked, goal.control_share)}
          </p>
        </div>
      ))}
      <p class="hint">The share held back is chosen when a goal is saved, and stays.</p>
    </section>
  );
}

function remedy(
  asked: { control_share: number | null; users: number | null } | null,
  share: number,
): string {
  if (!asked) return "";
  if (asked.control_share !== null) {
    return asked.control_share > share
      ? `It would take ${percent(asked.control_share)} held back.`
      : "";
  }
  return asked.users !== null ? `It would take ${count(asked.users)} members at this share.` : "";
}
