import { answer } from "@intent-segments/client";
import { useRoute } from "preact-iso";
import { PAGE, usePages } from "../api/pages";
import { useGoal } from "../api/resources";
import { api } from "../api/setup";
import { day } from "../format/dates";
import { counted, percent } from "../format/numbers";
import { placeLabel } from "../goals/buckets";
import { Empty } from "../parts/empty";
import { ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";

/** `/goals/:id/changes/:date`: whose standing changed with a night. */
export default function ChangesPage() {
  const { params } = useRoute();
  const id = params.id ?? "";
  const date = params.date ?? "";
  const goal = useGoal(id).data;
  const pages = usePages(
    (query) =>
      answer(
        api.GET("/v1/goals/{goal_id}/changes/users", {
          params: { path: { goal_id: id }, query: { date, ...query } },
        }),
      ),
    [id, date],
  );
  const { found: changed, more, loading, problem } = pages;

  return (
    <Page
      title="Who moved"
      crumbs={[
        { href: "/", label: "Goals" },
        { href: `/goals/${id}`, label: goal?.name ?? "Goal" },
      ]}
      lead={`Members whose standing changed with the night of ${day(date)}, in an order that is as good as chance.`}
    >
      {problem && <ProblemNotice problem={problem} retry={pages.next} />}
      {changed.length > 0 && (
        <div class="card flush">
          <table class="inventory">
            <thead>
              <tr>
                <th scope="col">User</th>
                <th scope="col">From</th>
                <th scope="col">To</th>
                <th scope="col" class="number">
                  Likelihood
                </th>
                <th scope="col" class="number wide-only">
                  Arm
                </th>
              </tr>
            </thead>
            <tbody>
              {changed.map((one) => (
                <tr key={one.user_id}>
                  <td class="inventory-name">
                    <a class="mono" href={`/users/${encodeURIComponent(one.user_id)}`}>
                      {one.user_id}
                    </a>
                  </td>
                  <td class="quiet">{placeLabel(one.from)}</td>
                  <td>{placeLabel(one.to)}</td>
                  <td class="number">{percent(one.likelihood)}</td>
                  <td class="number wide-only">
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
      {loading && changed.length === 0 && (
        <SkeletonCard height={420} label="Members are being fetched" />
      )}
      {!loading && !problem && changed.length === 0 && (
        <Empty title="Nobody moved">
          <p>Everybody stayed where they were with this night.</p>
          <a class="button" href={`/goals/${id}#movement`}>
            Back to the goal
          </a>
        </Empty>
      )}
      {changed.length > 0 && (
        <div class="actions">
          {more && (
            <button type="button" class="button" disabled={loading} onClick={pages.next}>
              {loading ? "Fetching…" : `Show ${PAGE} more`}
            </button>
          )}
          <p class="hint">{counted(changed.length, "member")} shown.</p>
        </div>
      )}
    </Page>
  );
}
