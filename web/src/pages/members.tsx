import { answer, type Problem, type Schema } from "@intent-segments/client";
import { useEffect, useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { problemOf } from "../api/resource";
import { type BucketName, useGoal } from "../api/resources";
import { api } from "../api/setup";
import { day } from "../format/dates";
import { counted, percent } from "../format/numbers";
import { BUCKETS, bucketAdvice, bucketLabel } from "../goals/buckets";
import { Empty } from "../parts/empty";
import { ExportButton } from "../parts/export";
import { ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";

type Member = Schema<"BucketUser">;
const PAGE = 50;

/** `/goals/:id/members/:bucket`: who is in a bucket tonight, in a fixed order that has nothing to do with them. */
export default function MembersPage() {
  const { params } = useRoute();
  const id = params.id ?? "";
  const bucket = (params.bucket ?? "most_likely") as BucketName;
  const goal = useGoal(id).data;
  const [members, setMembers] = useState<Member[]>([]);
  const [date, setDate] = useState<string | null>(null);
  const [more, setMore] = useState(true);
  const [loading, setLoading] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const load = async (known: Member[]) => {
    setLoading(true);
    setProblem(null);
    const after = known.at(-1)?.user_id;
    try {
      const page = await answer(
        api.GET("/v1/goals/{goal_id}/buckets/{bucket}/users", {
          params: {
            path: { goal_id: id, bucket },
            query: { limit: PAGE, ...(after ? { starting_after: after } : {}) },
          },
        }),
      );
      setMembers([...known, ...page.data]);
      setDate(page.date);
      setMore(page.has_more);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setLoading(false);
    }
  };
  useEffect(() => {
    setMembers([]);
    setMore(true);
    void load([]);
  }, [id, bucket]);

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
      actions={<ExportButton goal={id} buckets={[bucket]} />}
    >
      <nav class="tabs" aria-label="Buckets">
        {BUCKETS.map((one) => (
          <a
            key={one.id}
            href={`/goals/${id}/members/${one.id}`}
            aria-current={one.id === bucket ? "page" : undefined}
          >
            {one.label}
          </a>
        ))}
      </nav>
      {problem && <ProblemNotice problem={problem} retry={() => load(members)} />}
      {members.length > 0 && (
        <div class="card flush">
          <table class="inventory">
            <thead>
              <tr>
                <th scope="col">User</th>
                <th scope="col">Likelihood</th>
                <th scope="col" class="number">
                  Arm
                </th>
              </tr>
            </thead>
            <tbody>
              {members.map((one) => (
                <tr key={one.user_id}>
                  <td class="inventory-name">
                    <a class="mono" href={`/users/${encodeURIComponent(one.user_id)}`}>
                      {one.user_id}
                    </a>
                  </td>
                  <td>
                    <div class="likelihood">
                      <span class="meter" aria-hidden="true">
                        <i style={{ width: `${one.likelihood * 100}%` }} />
                      </span>
                      <span class="number">{percent(one.likelihood)}</span>
                    </div>
                  </td>
                  <td class="number">
                    {one.arm === "control" ? (
                      <span class="pill warn">control: leave out</span>
                    ) : (
                      <span class="faint">test</span>
                    )}
                  </td>
                </tr>
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
            <button type="button" class="button" disabled={loading} onClick={() => load(members)}>
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
