import { answer, type Schema } from "@intent-segments/client";
import { useRoute } from "preact-iso";
import { EraseUser } from "../account/erase_user";
import { useResource } from "../api/resource";
import { type Goal, useGoals } from "../api/resources";
import { api } from "../api/setup";
import { day } from "../format/dates";
import { percent } from "../format/numbers";
import { bucketLabel, likelihoodOf } from "../goals/buckets";
import { IntentNights } from "../goals/intent_nights";
import { Reasons } from "../goals/reasons";
import { Empty } from "../parts/empty";
import { ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";

type Intent = Schema<"Intent">;
const CRUMBS = [{ href: "/users", label: "Users" }];

export default function UserPage() {
  const id = decodeURIComponent(useRoute().params.id ?? "");
  const intents = useResource(`users/${id}`, () =>
    answer(api.GET("/v1/users/{user_id}/intents", { params: { path: { user_id: id } } })),
  );
  const goals = useGoals().data?.data ?? [];
  const { data } = intents;
  return (
    <Page
      title={id}
      crumbs={CRUMBS}
      lead="Where this user stands with every goal."
      actions={<EraseUser user={id} />}
    >
      {intents.problem && !data && (
        <ProblemNotice problem={intents.problem} retry={intents.refresh} />
      )}
      {!data && intents.loading && (
        <SkeletonCard height={240} label="The user is being looked up" />
      )}
      {data && data.data.length === 0 && (
        <Empty title="In no goal at work">
          <p>
            No goal that is scored tonight has this user in its target group. Ids are exact: upper
            and lower case differ.
          </p>
          <a class="button" href="/users">
            Look up another
          </a>
        </Empty>
      )}
      <ul class="stack">
        {data?.data.map((one) => (
          <IntentCard
            key={one.goal_id}
            user={id}
            intent={one}
            goal={goals.find((goal) => goal.id === one.goal_id)}
          />
        ))}
      </ul>
    </Page>
  );
}

const STATES: Record<Intent["state"], string> = {
  open: "has not done it yet",
  achieved: "has done it",
  lost: "has done it, so it is lost",
};

function IntentCard({
  user,
  intent,
  goal,
}: {
  user: string;
  intent: Intent;
  goal: Goal | undefined;
}) {
  return (
    <li class="card intent">
      <div class="card-head">
        <div>
          <h2>
            <a href={`/goals/${intent.goal_id}`}>{goal?.name ?? intent.goal_id}</a>
          </h2>
          <p>
            {STATES[intent.state]}, as of the night of {day(intent.date)}
          </p>
        </div>
        <div class="actions">
          {intent.bucket && (
            <span class="pill">
              <i class={`swatch box ${intent.bucket}`} aria-hidden="true" />
              {bucketLabel(intent.bucket)}
            </span>
          )}
          {intent.arm === "control" && <span class="pill warn">control: leave out</span>}
        </div>
      </div>
      {intent.likelihood !== null && (
        <div class="intent-likelihood">
          <p class="big-figure">{percent(intent.likelihood)}</p>
          <div>
            <p class="small quiet">
              {goal ? likelihoodOf(goal.direction).toLowerCase() : "likelihood"}
              {intent.percentile !== null &&
                `; higher than ${intent.percentile}${"\u202f"}% of the open members`}
            </p>
            <span class="meter" aria-hidden="true">
              <i style={{ width: `${intent.likelihood * 100}%` }} />
            </span>
          </div>
        </div>
      )}
      <Reasons reasons={intent.reasons} />
      <IntentNights user={user} intent={intent} />
    </li>
  );
}
