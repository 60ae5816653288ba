import { answer, type Schema } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { PAGE, usePages } from "../api/pages";
import { useResource } from "../api/resource";
import { type BucketName, useGoal, useMe } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { day } from "../format/dates";
import { counted, percent } from "../format/numbers";
import { BUCKETS, bucketAdvice, bucketLabel, likelihoodOf } from "../goals/buckets";
import { Reasons } from "../goals/reasons";
import { Empty } from "../parts/empty";
import { ExportButton } from "../parts/export";
import { ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";
import { Tabs } from "../parts/tabs";

type Member = Schema<"BucketUser">;

/** `/goals/:id/members/:bucket`: who is in a bucket tonight, in a fixed order that has nothing to do with them. */
export default function MembersPage() {
  const { params } = useRoute();
  const id = params.id ?? "";
  const bucket = (params.bucket ?? "most_likely") as BucketName;
  const goal = useGoal(id).data;
  const me = useMe().data;
  const pages = usePages(
    (query) =>
      answer(
        api.GET("/v1/goals/{goal_id}/buckets/{bucket}/users", {
          params: { path: { goal_id: id, bucket }, query },
        }),
      ),
    [id, bucket],
  );
  const { found: members, more, loading, problem } = pages;
  const date = pages.page?.date;

  return (
    <Page
      title={bucketLabel(bucket)}
      crumbs={[
        { href: "/", label: "Goals" },
        { href: `/goals/${id}`, label: goal?.name ?? "Goal" },
      ]}
      lead={
        <p>
          {goal && bucketAdvice(bucket, goal.direction)}
          {date && <span class="faint"> As of the night of {day(date)}.</span>}
        </p>
      }
      actions={
        may(me, "post_v1_goals_goal_id_exports") && <ExportButton goal={id} buckets={[bucket]} />
      }
    >
      <Tabs
        label="Buckets"
        here={`/goals/${id}/members/${bucket}`}
        tabs={BUCKETS.map((one) => ({ href: `/goals/${id}/members/${one.id}`, label: one.label }))}
      />
      {problem && <ProblemNotice problem={problem} retry={pages.next} />}
      {members.length > 0 && (
        <div class="card flush">
          <table class="inventory">
            <thead>
              <tr>
                <th scope="col">User</th>
                <th scope="col">{goal ? likelihoodOf(goal.direction) : "Likelihood"}</th>
                <th scope="col" class="number">
                  <span class="hidden-visually">Reasons</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {members.map((one) => (
                <MemberRow key={one.user_id} member={one} goal={id} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {loading && members.length === 0 && (
        <SkeletonCard height={420} label="Members are being fetched" />
      )}
      {!loading && !problem && members.length === 0 && (
        <Empty title="Nobody is in this bucket">
          <p>Everybody who was has done it, or has moved to another bucket since.</p>
          <a class="button" href={`/goals/${id}`}>
            Back to the goal
          </a>
        </Empty>
      )}
      {members.length > 0 && (
        <div class="actions">
          {more && (
            <button type="button" class="button" disabled={loading} onClick={pages.next}>
              {loading ? "Fetching…" : `Show ${PAGE} more`}
            </button>
          )}
          <p class="hint">
            {counted(members.length, "member")} shown, in an order that is as good as chance.
          </p>
        </div>
      )}
    </Page>
  );
}

/** A member, with the reasons when they are asked for. */
function MemberRow({ member, goal }: { member: Member; goal: string }) {
  const { user_id: user, likelihood, arm } = member;
  const [why, setWhy] = useState(false);
  const intents = useResource(why ? `users/${user}` : null, () =>
    answer(api.GET("/v1/users/{user_id}/intents", { params: { path: { user_id: user } } })),
  );
  const here = intents.data?.data.find((one) => one.goal_id === goal);
  return (
    <>
      <tr>
        <td class="inventory-name">
          <a class="mono" href={`/users/${encodeURIComponent(user)}`}>
            {user}
          </a>
          {arm === "control" && <span class="pill warn">control: leave out</span>}
        </td>
        <td>
          <div class="likelihood">
            <span class="meter" aria-hidden="true">
              <i style={{ width: `${likelihood * 100}%` }} />
            </span>
            <span class="number">{percent(likelihood)}</span>
          </div>
        </td>
        <td class="number">
          <button
            type="button"
            class="button plain small above"
            aria-expanded={why}
            aria-label={`Why ${user}`}
            onClick={() => setWhy(!why)}
          >
            Why?
          </button>
        </td>
      </tr>
      {why && (
        <tr class="why">
          <td colSpan={3}>
            {intents.problem && <p class="wrong">{intents.problem.detail}</p>}
            {!intents.data && intents.loading && <p class="quiet">Looking it up…</p>}
            {here && here.reasons.length > 0 && <Reasons reasons={here.reasons} />}
            {intents.data && (here?.reasons.length ?? 0) === 0 && (
              <p class="quiet">Nothing sets this member apart from the others.</p>
            )}
          </td>
        </tr>
      )}
    </>
  );
}
