/** The three buckets tonight: how many, what was expected of them, what they really did. */
import type { ComponentChildren } from "preact";
import {
  type BucketName,
  type Buckets,
  type Evaluation,
  type Goal,
  type Progress,
  useMe,
} from "../api/resources";
import { may } from "../api/roles";
import { count, percent, signed } from "../format/numbers";
import { ExportButton } from "../parts/export";
import { bucketAdvice, bucketLabel, firstToTalkTo } from "./buckets";
import { grewBy } from "./movement";

export function BucketCards({
  goal,
  buckets,
  progress,
  evaluation,
  engage,
}: {
  goal: Goal;
  buckets: Buckets;
  progress: Progress | undefined;
  evaluation: Evaluation | undefined;
  /** What can be done with a bucket. */
  engage?: (bucket: BucketName) => ComponentChildren;
}) {
  const done = goal.direction === "maximize" ? buckets.achieved : buckets.lost;
  const rolling = goal.rolling_days != null;
  const me = useMe().data;
  return (
    <section class="stack" aria-labelledby="buckets-heading">
      <div class="section-head" id="buckets">
        <h2 id="buckets-heading">Who to talk to</h2>
        <p class="quiet">
          {count(buckets.open)} members are still open
          {!rolling && `, ${count(done)} did it`}. The control group is inside the figures and left
          out of whatever goes out.{" "}
          {goal.direction === "maximize" &&
            "That fence-sitters are the ones to persuade is a rule of thumb until the effect by bucket has been measured."}
        </p>
      </div>
      <ul class="buckets">
        {buckets.buckets.map((one) => {
          const grew = progress ? grewBy(progress.days, one.bucket) : null;
          const real = evaluation?.buckets.find((b) => b.bucket === one.bucket);
          const first = firstToTalkTo(goal.direction) === one.bucket && goal.status === "active";
          const expected =
            real?.expected_users != null && real.users > 0
              ? real.expected_users / real.users
              : null;
          return (
            <li key={one.bucket} class={`card bucket ${one.bucket}`}>
              <div class="bucket-head">
                <h3>
                  <i class={`swatch box ${one.bucket}`} aria-hidden="true" />
                  {bucketLabel(one.bucket)}
                </h3>
                {first && <span class="pill good">start here</span>}
              </div>
              <p class="big-figure">{count(one.users)}</p>
              <p class="small faint bucket-move">
                {one.share !== null && `${percent(one.share)} of the open`}
                {grew !== null &&
                  ` · ${grew === 0 ? "as many as" : `${signed(grew)} since`} the night before`}
              </p>
              <p class="small quiet bucket-advice">{bucketAdvice(one.bucket, goal.direction)}</p>
              <RateLine
                expected={expected}
                rate={one.day0.rate}
                low={real?.low95 ?? null}
                high={real?.high95 ?? null}
                rolling={rolling}
                top={topRate(buckets, evaluation)}
              />
              <div class="actions bucket-actions">
                {engage?.(one.bucket)}
                {may(me, "get_v1_goals_goal_id_buckets_bucket_users") && (
                  <a class="button small" href={`/goals/${goal.id}/members/${one.bucket}`}>
                    Members
                  </a>
                )}
                {may(me, "post_v1_goals_goal_id_exports") && (
                  <ExportButton small goal={goal.id} buckets={[one.bucket]} />
                )}
              </div>
            </li>
          );
        })}
      </ul>
      {buckets.note && <p class="small faint">{buckets.note}</p>}
    </section>
  );
}

/** The highest rate on any card, so that all of them share one scale. */
function topRate(buckets: Buckets, evaluation: Evaluation | undefined): number {
  const rates = [
    ...buckets.buckets.map((one) => one.day0.rate ?? 0),
    ...(evaluation?.buckets ?? []).flatMap((one) => [
      one.high95 ?? 0,
      one.users && one.expected_users != null ? one.expected_users / one.users : 0,
    ]),
  ];
  return Math.max(0.02, ...rates);
}

/** Expected and real rate of the bucket's members of day 0. */
function RateLine({
  expected,
  rate,
  low,
  high,
  top,
  rolling,
}: {
  expected: number | null;
  rate: number | null;
  low: number | null;
  high: number | null;
  top: number;
  rolling: boolean;
}) {
  const at = (value: number) => `${Math.min(100, (value / top) * 100)}%`;
  return (
    <div class="rate">
      <div class="rate-bar" aria-hidden="true">
        {rate !== null && <i style={{ width: at(rate) }} />}
        {low !== null && high !== null && (
          <s style={{ left: at(low), width: `calc(${at(high)} - ${at(low)})` }} />
        )}
        {expected !== null && <b style={{ left: at(expected) }} />}
      </div>
      <dl>
        <div>
          <dt>{rolling ? "did it in the newest window" : "did it so far"}</dt>
          <dd>{percent(rate)}</dd>
        </div>
        {!rolling && (
          <div>
            <dt>expected in the end</dt>
            <dd>{percent(expected)}</dd>
          </div>
        )}
      </dl>
    </div>
  );
}
