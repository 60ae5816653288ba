/** Other events of the same members, beside the goal's own; and which ones they are. */
import { answer, type Problem, type Schema } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { problemOf, remember } from "../api/resource";
import { type Goal, useEvents, useMe } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { change, count, percent, plain } from "../format/numbers";
import { Combobox } from "../parts/combobox";
import { Dialog } from "../parts/dialog";
import { ProblemNotice } from "../parts/notice";
import { toast } from "../parts/toast";
import { AddButton, RemoveButton } from "../segments/editor/fields";
import { goalEvents } from "../segments/words";
import { interval, type Uplift } from "./words";

type Metric = Schema<"GoalMetric">;
const MOST_METRICS = 10;

export function MetricsTable({ uplift, goal }: { uplift: Uplift; goal: Goal }) {
  const me = useMe().data;
  const [editing, setEditing] = useState(false);
  const counted = uplift.metrics;
  const waiting = goal.metrics.filter((one) => !counted.some((known) => known.name === one.name));
  const mayChange = may(me, "patch_v1_goals_goal_id") && goal.status === "active";
  if (counted.length === 0 && waiting.length === 0 && !mayChange) return null;
  return (
    <section aria-labelledby="metrics-heading">
      <div class="card-head">
        <div>
          <h3 id="metrics-heading">Other events of the same members</h3>
          <p>
            {counted.length === 0 && waiting.length === 0
              ? "Opens, clicks or revenue can be compared between the arms too, from the next night on."
              : "Whether more is better is for you to say. Amounts are per member, whether they did it or not."}
          </p>
        </div>
        {mayChange && (
          <button type="button" class="button small" onClick={() => setEditing(true)}>
            {goal.metrics.length > 0 ? "Change metrics" : "Add metrics"}
          </button>
        )}
      </div>
      {counted.length > 0 && (
        <section class="scroll-x" tabIndex={0} aria-label="Other events, as a table">
          <table class="compact-table">
            <thead>
              <tr>
                <th scope="col">Metric</th>
                <th scope="col" class="number">
                  Test
                </th>
                <th scope="col" class="number">
                  Control
                </th>
                <th scope="col" class="number">
                  Lift
                </th>
                <th scope="col" class="number">
                  95 % certain
                </th>
              </tr>
            </thead>
            <tbody>
              {counted.flatMap((one) => [
                <tr key={`${one.name} users`}>
                  <th scope="row">
                    {one.name}
                    <span class="small faint block">members who did it</span>
                  </th>
                  <td class="number">{percent(one.users.test.rate)}</td>
                  <td class="number">{percent(one.users.control.rate)}</td>
                  <td class="number">{change(one.users.relative?.value)}</td>
                  <td class="number">{interval(one.users.relative, change)}</td>
                </tr>,
                <tr key={`${one.name} amounts`}>
                  <th scope="row">
                    <span class="hidden-visually">{one.name}</span>
                    <span class="small faint">
                      {one.sum ? `${one.sum} per member` : "times per member"}
                    </span>
                  </th>
                  <td class="number">{each(one.amounts.test.per_user)}</td>
                  <td class="number">{each(one.amounts.control.per_user)}</td>
                  <td class="number">{change(one.amounts.relative?.value)}</td>
                  <td class="number">{interval(one.amounts.relative, change)}</td>
                </tr>,
              ])}
            </tbody>
          </table>
        </section>
      )}
      {waiting.length > 0 && (
        <p class="small faint">
          From the next night on: {waiting.map((one) => one.name).join(", ")}.
        </p>
      )}
      {editing && <MetricsDialog goal={goal} onClose={() => setEditing(false)} />}
    </section>
  );
}

/** Three digits that say something: 12.3, 0.0123. */
function each(value: number | null): string {
  return value === null ? "–" : plain(Number(value.toPrecision(3)));
}

interface Row {
  name: string;
  event: string;
  sum: string;
  /** An event with conditions is kept as it is; the form changes its name alone. */
  kept: Metric | null;
}

function MetricsDialog({ goal, onClose }: { goal: Goal; onClose: () => void }) {
  const seen = useEvents().data?.data ?? [];
  const [rows, setRows] = useState<Row[]>(() =>
    goal.metrics.length > 0 ? goal.metrics.map(toRow) : [{ ...EMPTY }],
  );
  const [problem, setProblem] = useState<Problem | null>(null);
  const set = (n: number, part: Partial<Row>) =>
    setRows(rows.with(n, { ...(rows[n] as Row), ...part }));
  const whole = rows.filter((one) => one.event || one.kept);
  const save = async () => {
    setProblem(null);
    try {
      const changed = await answer(
        api.PATCH("/v1/goals/{goal_id}", {
          params: { path: { goal_id: goal.id } },
          body: { metrics: whole.map(toMetric) },
        }),
      );
      remember(`goals/${goal.id}`, changed);
      toast("Metrics changed; they count from the next night on");
      onClose();
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const options = seen.map((one) => ({ value: one.event, note: count(one.users) }));
  return (
    <Dialog title="Other events to compare" onClose={onClose}>
      <p class="quiet">
        Counted beside {goalEvents(goal.events, goal.match)}, from the goal’s first day on. With a
        numeric property its values are added up.
      </p>
      <div class="stack tight">
        {rows.map((row, n) => {
          const properties = seen.find((one) => one.event === row.event)?.properties ?? [];
          const numeric = properties.filter((one) => (one.kinds.number ?? 0) > 0);
          return (
            <div class="clause-line" key={n}>
              <input
                class="input"
                style={{ width: "150px" }}
                aria-label={`Name of metric ${n + 1}`}
                placeholder="Clicks"
                maxLength={80}
                value={row.name}
                onInput={(event) => set(n, { name: event.currentTarget.value })}
              />
              {row.kept ? (
                <span class="small quiet">{goalEvents([row.kept.event], "any")}</span>
              ) : (
                <>
                  <Combobox
                    label={`Event of metric ${n + 1}`}
                    value={row.event}
                    options={options}
                    placeholder="event"
                    onChange={(event) => set(n, { event, sum: "" })}
                  />
                  {(numeric.length > 0 || row.sum) && (
                    <select
                      class="input auto"
                      aria-label={`What is added up of metric ${n + 1}`}
                      value={row.sum}
                      onChange={(event) => set(n, { sum: event.currentTarget.value })}
                    >
                      <option value="">times</option>
                      {[...new Set([...numeric.map((one) => one.property), row.sum])]
                        .filter(Boolean)
                        .map((property) => (
                          <option key={property} value={property}>
                            sum of {property}
                          </option>
                        ))}
                    </select>
                  )}
                </>
              )}
              <RemoveButton
                label={`Remove metric ${n + 1}`}
                onClick={() => setRows(rows.filter((_, at) => at !== n))}
              />
            </div>
          );
        })}
        {rows.length < MOST_METRICS && (
          <AddButton onClick={() => setRows([...rows, { ...EMPTY }])}>metric</AddButton>
        )}
      </div>
      {problem && <ProblemNotice problem={problem} />}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button primary" onClick={save}>
          Save metrics
        </button>
      </div>
    </Dialog>
  );
}

const EMPTY: Row = { name: "", event: "", sum: "", kept: null };

function toRow(metric: Metric): Row {
  return typeof metric.event === "string"
    ? { name: metric.name, event: metric.event, sum: metric.sum ?? "", kept: null }
    : { name: metric.name, event: "", sum: "", kept: metric };
}

function toMetric(row: Row): Metric {
  if (row.kept) return { ...row.kept, name: row.name || row.kept.name };
  return { name: row.name.trim() || row.event, event: row.event, sum: row.sum || null };
}
