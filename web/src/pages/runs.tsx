import { type Run, useAccount, useGoals, useRuns } from "../api/resources";
import { day, instant } from "../format/dates";
import { count, dollars, NONE, seconds } from "../format/numbers";
import { Empty } from "../parts/empty";
import { ProblemNotice, StaleNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";

const KINDS: Record<Run["kind"], string> = {
  night: "Night",
  goal_setup: "Set-up of a goal",
  sizes: "Sizes of segments",
  export: "Export",
  send: "Send",
};
const TONES: Record<Run["status"], string> = {
  running: "warn",
  published: "good",
  failed: "bad",
  discarded: "",
};

export function RunStatus({ run }: { run: Run }) {
  return <span class={`pill ${TONES[run.status]}`}>{run.status}</span>;
}

/** What a run is about: its day, its goal. */
export function runName(run: Run, goalName: (id: string) => string | undefined): string {
  const kind = KINDS[run.kind] ?? run.kind;
  if (run.kind === "goal_setup") {
    const goal = run.goals[0];
    return goal ? `${kind}: ${goalName(goal) ?? goal}` : kind;
  }
  return run.date ? `${kind} of ${day(run.date)}` : kind;
}

export function tookSeconds(run: Run): number | null {
  if (!run.started_at || !run.finished_at) return null;
  return (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000;
}

export default function Runs() {
  const runs = useRuns();
  const timezone = useAccount().data?.timezone ?? "UTC";
  const goals = useGoals().data?.data ?? [];
  const all = runs.data && [...runs.data.data].sort(newestFirst);
  const failed = all?.filter((one) => one.status === "failed") ?? [];
  return (
    <Page
      title="Runs and health"
      lead="Nights, set-ups and exports: what ran, what it took, and what went wrong."
    >
      {runs.problem && !all && <ProblemNotice problem={runs.problem} retry={runs.refresh} />}
      <StaleNotice resource={runs} timezone={timezone} />
      {!all && runs.loading && <SkeletonCard height={420} label="Runs are being fetched" />}
      {all && all.length === 0 && (
        <Empty title="Nothing has run yet">
          <p>A run comes with the first goal that is saved, and then one every night.</p>
          <a class="button" href="/goals/new">
            Set a goal
          </a>
        </Empty>
      )}
      {failed.length > 0 && (
        <p class="wrong">
          {count(failed.length)} of the runs below failed. Starting one again is the repair: nothing
          is counted twice.
        </p>
      )}
      {all && all.length > 0 && <Health runs={all} />}
      {all && all.length > 0 && (
        <div class="card flush">
          <table class="inventory">
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">Status</th>
                <th scope="col" class="wide-only">
                  Started
                </th>
                <th scope="col" class="number">
                  Took
                </th>
                <th scope="col" class="number wide-only">
                  Users
                </th>
                <th scope="col" class="number wide-only">
                  Cost
                </th>
              </tr>
            </thead>
            <tbody>
              {all.map((run) => {
                const took = tookSeconds(run);
                return (
                  <tr key={run.id}>
                    <td class="inventory-name">
                      <a href={`/runs/${run.id}`}>
                        {runName(run, (id) => goals.find((one) => one.id === id)?.name)}
                      </a>
                      {run.reason && <p class="small wrong">{run.reason}</p>}
                      {run.warnings.length > 0 && (
                        <p class="small faint">{run.warnings.join(" ")}</p>
                      )}
                    </td>
                    <td>
                      <RunStatus run={run} />
                    </td>
                    <td class="wide-only quiet">{instant(run.started_at, timezone)}</td>
                    <td class="number">{took === null ? NONE : seconds(took)}</td>
                    <td class="number wide-only">{count(run.work?.users)}</td>
                    <td class="number wide-only">
                      {run.work ? dollars(run.work.estimated_dollars) : NONE}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Page>
  );
}

/** The API lists kind by kind; people ask what happened last. */
function newestFirst(a: Run, b: Run): number {
  return (b.started_at ?? "").localeCompare(a.started_at ?? "");
}

function Health({ runs }: { runs: readonly Run[] }) {
  const nights = runs.filter((one) => one.kind === "night" && one.status === "published");
  const last = nights[0];
  const took = nights.flatMap((one) => tookSeconds(one) ?? []);
  const cost = nights.reduce((sum, one) => sum + (one.work?.estimated_dollars ?? 0), 0);
  const failed = runs.filter((one) => one.status === "failed").length;
  return (
    <dl class="tiles card">
      <div>
        <dt>Newest night</dt>
        <dd>{last?.date ? day(last.date) : NONE}</dd>
      </div>
      <div>
        <dt>A night takes</dt>
        <dd>{took.length > 0 ? seconds(took.reduce((a, b) => a + b, 0) / took.length) : NONE}</dd>
      </div>
      <div>
        <dt>{nights.length === 1 ? "Cost of one night" : `Cost of ${nights.length} nights`}</dt>
        <dd>{nights.length > 0 ? dollars(cost) : NONE}</dd>
      </div>
      <div>
        <dt>Failed</dt>
        <dd class={failed > 0 ? "wrong" : ""}>{count(failed)}</dd>
      </div>
    </dl>
  );
}
