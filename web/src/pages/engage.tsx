import { answer } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { forget } from "../api/resource";
import { type BucketName, type Buckets, type Goal, useBuckets, useGoal } from "../api/resources";
import { api } from "../api/setup";
import { EngageForm } from "../engage/form";
import { count, counted, percent } from "../format/numbers";
import { BUCKETS, bucketAdvice, firstToTalkTo } from "../goals/buckets";
import { Notice, ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { Segmented } from "../parts/segmented";
import { SkeletonCard } from "../parts/skeleton";
import { PowerAdvice } from "../uplift/power";

/** `/goals/:id/engage?bucket=…`: reach some of a goal's members through a destination. */
export default function EngagePage() {
  const { params, query } = useRoute();
  const id = params.id ?? "";
  const goal = useGoal(id);
  const buckets = useBuckets(id);
  const crumbs = [
    { href: "/", label: "Goals" },
    { href: `/goals/${id}`, label: goal.data?.name ?? "Goal" },
  ];
  const problem = goal.problem ?? buckets.problem;
  if (!goal.data || !buckets.data) {
    return (
      <Page title="Engage" crumbs={crumbs}>
        {problem ? (
          <ProblemNotice problem={problem} />
        ) : (
          <SkeletonCard height={420} label="Buckets are being fetched" />
        )}
      </Page>
    );
  }
  const asked = BUCKETS.find((one) => one.id === query.bucket)?.id;
  return (
    <Page
      title="Engage"
      crumbs={crumbs}
      lead="Whom, through what, and when. Once it is saved these are locked, so that its effect can be measured."
    >
      <EngageGoal
        goal={goal.data}
        buckets={buckets.data}
        first={asked ?? firstToTalkTo(goal.data.direction)}
      />
    </Page>
  );
}

function EngageGoal({ goal, buckets, first }: { goal: Goal; buckets: Buckets; first: BucketName }) {
  const [chosen, setChosen] = useState<BucketName[]>([first]);
  const [everyone, setEveryone] = useState(false);
  const members = everyone
    ? buckets.open
    : buckets.buckets
        .filter((one) => chosen.includes(one.bucket))
        .reduce((sum, one) => sum + one.users, 0);
  const held = Math.round(members * goal.control_share);
  const usual = everyone
    ? "Everyone who is open"
    : BUCKETS.filter((one) => chosen.includes(one.id))
        .map((one) => one.label)
        .join(" and ");
  return (
    <EngageForm
      usual={usual}
      ends={goal.ends_on ? "until the goal ends" : "until it is stopped"}
      needs="post_v1_goals_goal_id_engagements"
      closed={
        goal.status !== "active"
          ? `The goal is ${goal.status}; only goals at work can be engaged.`
          : !everyone && chosen.length === 0
            ? "First choose whom."
            : null
      }
      send={async (written, key) => {
        const made = await answer(
          api.POST("/v1/goals/{goal_id}/engagements", {
            params: { path: { goal_id: goal.id }, header: { "Idempotency-Key": key } },
            body: { ...written, audience: everyone ? { everyone: true } : { buckets: chosen } },
          }),
        );
        forget(`goals/${goal.id}`);
        return made;
      }}
      whom={
        <>
          <Segmented
            label="Whom"
            value={everyone ? "everyone" : "buckets"}
            options={[
              ["buckets", "Buckets"],
              ["everyone", "Everyone who is open"],
            ]}
            onChange={(said) => setEveryone(said === "everyone")}
          />
          {!everyone && (
            <BucketChoice goal={goal} buckets={buckets} chosen={chosen} onChange={setChosen} />
          )}
        </>
      }
      aside={
        <>
          <section class="card stack tight">
            <p class="label">To reach tonight</p>
            <p class="big-figure">{count(Math.max(0, members - held))}</p>
            <p class="small quiet">
              {counted(members, "open member")}, of whom about {count(held)} (
              {percent(goal.control_share)}) are the control group.
            </p>
          </section>
          <Notice title="The control group is never reached">
            <p>
              It is what tells the effect of this from what would have happened anyway. There is no
              option to reach it.
            </p>
          </Notice>
          <PowerAdvice goal={goal} buckets={everyone ? null : chosen} />
        </>
      }
    />
  );
}

function BucketChoice({
  goal,
  buckets,
  chosen,
  onChange,
}: {
  goal: Goal;
  buckets: Buckets;
  chosen: readonly BucketName[];
  onChange: (chosen: BucketName[]) => void;
}) {
  return (
    <fieldset class="choice-list">
      <legend class="hidden-visually">Buckets</legend>
      {BUCKETS.map(({ id, label }) => (
        <label key={id} class="choice">
          <input
            type="checkbox"
            checked={chosen.includes(id)}
            onChange={() =>
              onChange(
                BUCKETS.map((one) => one.id).filter((one) => (one === id) !== chosen.includes(one)),
              )
            }
          />
          <i class={`swatch box ${id}`} aria-hidden="true" />
          <span>
            <b>{label}</b>
            <span class="small quiet"> {bucketAdvice(id, goal.direction)}</span>
          </span>
          <span class="number strong">
            {count(buckets.buckets.find((one) => one.bucket === id)?.users)}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
