import { answer } from "@intent-segments/client";
import { useRoute } from "preact-iso";
import { useResource } from "../api/resource";
import { type Run, useAccount, useGoals } from "../api/resources";
import { api } from "../api/setup";
import { instant } from "../format/dates";
import { bytes, count, dollars, seconds } from "../format/numbers";
import { Notice, ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";
import { RunStatus, runName, tookSeconds } from "./runs";

const CRUMBS = [{ href: "/runs", label: "Runs" }];
const STEPS: Record<string, string> = {
  Plan: "Plan",
  Train: "Train",
  ScoreUsers: "Score users",
  Publish: "Publish",
};

export default function RunPage() {
  const id = useRoute().params.id ?? "";
  const run = useResource(`runs/${id}`, () =>
    answer(api.GET("/v1/runs/{run_id}", { params: { path: { run_id: id } } })),
  );
  const goals = useGoals().data?.data ?? [];
  const timezone = useAccount().data?.timezone ?? "UTC";
  const { data } = run;
  if (!data) {
    return (
      <Page title="Run" crumbs={CRUMBS}>
        {run.problem ? (
          <ProblemNotice problem={run.problem} retry={run.refresh} />
        ) : (
          <SkeletonCard height={320} label="The run is being fetched" />
        )}
      </Page>
    );
  }
  const named = (goal: string) => goals.find((one) => one.id === goal)?.name;
  return (
    <Page
      title={runName(data, named)}
      crumbs={CRUMBS}
      lead={
        <p class="goal-lead">
          <RunStatus run={data} />
          <span>
            {instant(data.started_at, timezone)}
            {data.finished_at && `, took ${seconds(tookSeconds(data) ?? 0)}`}
          </span>
        </p>
      }
    >
      {data.reason && (
        <Notice tone="bad" title="Why it failed">
          <p>{data.reason}</p>
        </Notice>
      )}
      {data.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          <p>{warning}</p>
        </Notice>
      ))}
      {data.work && <Work work={data.work} />}
      {data.goals.length > 0 && (
        <section class="card">
          <h2>Goals</h2>
          <ul class="plain-list">
            {data.goals.map((goal) => (
              <li key={goal}>
                <a href={`/goals/${goal}`}>{named(goal) ?? goal}</a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Page>
  );
}

function Work({ work }: { work: NonNullable<Run["work"]> }) {
  const longest = Math.max(0.001, ...work.steps.map((one) => one.seconds));
  return (
    <section class="card stack" aria-label="What it took">
      <dl class="tiles">
        <div>
          <dt>Users scored</dt>
          <dd>{count(work.users)}</dd>
        </div>
        <div>
          <dt>Read</dt>
          <dd>{bytes(work.bytes_read)}</dd>
        </div>
        <div>
          <dt>Written</dt>
          <dd>{bytes(work.bytes_written)}</dd>
        </div>
        <div>
          <dt>Peak memory</dt>
          <dd>{count(work.peak_mb)} MB</dd>
        </div>
        <div>
          <dt>Cost, estimated</dt>
          <dd>{dollars(work.estimated_dollars)}</dd>
        </div>
      </dl>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" class="number">
                Jobs
              </th>
              <th scope="col">Time</th>
              <th scope="col" class="number">
                Rows
              </th>
              <th scope="col" class="number">
                Requests
              </th>
              <th scope="col" class="number">
                Memory
              </th>
            </tr>
          </thead>
          <tbody>
            {work.steps.map((one) => (
              <tr key={one.step}>
                <th scope="row">{STEPS[one.step] ?? one.step}</th>
                <td class="number">{count(one.jobs)}</td>
                <td>
                  <div class="likelihood">
                    <span class="meter" aria-hidden="true">
                      <i style={{ width: `${(one.seconds / longest) * 100}%` }} />
                    </span>
                    <span class="number">{seconds(one.seconds)}</span>
                  </div>
                </td>
                <td class="number">{count(one.rows)}</td>
                <td class="number">{count(one.requests)}</td>
                <td class="number">
                  {count(one.peak_mb)} of {count(one.memory_mb)} MB
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="hint">Prices: {work.prices}. Attempts that failed are not in it.</p>
    </section>
  );
}
