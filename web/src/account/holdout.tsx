/** Users whom nothing reaches, and what all campaigns together change against them. */
import { answer, type Problem, type Schema } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { forget, problemOf, remember } from "../api/resource";
import { useAccount, useHoldout, useMe } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { ForestChart } from "../charts/forest";
import { day, typeset } from "../format/dates";
import { percent, pointsTick } from "../format/numbers";
import { Dialog } from "../parts/dialog";
import { Empty } from "../parts/empty";
import { ProblemNotice } from "../parts/notice";
import { SkeletonCard } from "../parts/skeleton";
import { toast } from "../parts/toast";
import { effectRow } from "../uplift/who";
import { type Compared, headlineEstimate } from "../uplift/words";

const SHARES = [0.005, 0.01, 0.02, 0.05, 0.1] as const;
const USUAL_SHARE = 0.05;

export function Holdout() {
  const account = useAccount().data;
  const holdout = useHoldout();
  const me = useMe().data;
  const [share, setShare] = useState<number>(USUAL_SHARE);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const mayChange = may(me, "patch_v1_account");
  const change = async (wanted: number) => {
    setProblem(null);
    try {
      remember(
        "account",
        await answer(api.PATCH("/v1/account", { body: { holdout_share: wanted } })),
      );
      forget("account/holdout");
      toast(wanted > 0 ? "The holdout is on from today" : "The holdout is off");
      setAsking(false);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  if (!account || (!holdout.data && holdout.loading)) {
    return <SkeletonCard height={260} label="The holdout is being fetched" />;
  }
  const on = account.holdout_share > 0;
  return (
    <>
      {problem && <ProblemNotice problem={problem} />}
      {holdout.problem && !holdout.data && (
        <ProblemNotice problem={holdout.problem} retry={holdout.refresh} />
      )}
      <section class="card stack" aria-labelledby="holdout-heading">
        <div class="card-head">
          <div>
            <h2 id="holdout-heading">
              {on
                ? `${percent(account.holdout_share)} of all users are held out`
                : "Nobody is held out"}
            </h2>
            <p>
              A control group is held back from its own goal alone. Users in the holdout are reached
              by nothing, so they show what all campaigns together change. They are in no audience
              and in neither arm of any goal.
              {account.holdout_since && ` On since ${day(account.holdout_since)}.`}
            </p>
          </div>
        </div>
        {mayChange &&
          (on ? (
            <div>
              <button type="button" class="button danger" onClick={() => setAsking(true)}>
                Let them go
              </button>
            </div>
          ) : (
            <div class="clause-line">
              <label for="holdout-share" class="label">
                Hold out
              </label>
              <select
                id="holdout-share"
                class="input auto"
                value={share}
                onChange={(event) => setShare(Number(event.currentTarget.value))}
              >
                {SHARES.map((one) => (
                  <option key={one} value={one}>
                    {percent(one)}
                  </option>
                ))}
              </select>
              <span class="quiet">of all users</span>
              <button type="button" class="button primary" onClick={() => change(share)}>
                Switch it on
              </button>
              <p class="hint">
                The share stays while it is on. Your own campaigns must leave them out too.
              </p>
            </div>
          ))}
      </section>
      {on && holdout.data && <Together report={holdout.data} />}
      {asking && (
        <Dialog title="Let the holdout go?" onClose={() => setAsking(false)}>
          <p class="quiet">
            They can be reached from then on, and what was compared ends. Switched on again, other
            users are drawn.
          </p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setAsking(false)}>
              Keep it
            </button>
            <button type="button" class="button danger" onClick={() => change(0)}>
              Let them go
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** A row for each goal that had a night since. */
function Together({ report }: { report: Schema<"HoldoutReport"> }) {
  if (report.goals.length === 0) {
    return (
      <Empty title="No night since it is on">
        <p>Each goal at work is compared from its next night on.</p>
      </Empty>
    );
  }
  const rows = report.goals.map((one) => {
    const compared = { ...one, test: one.rest, control: one.holdout } as unknown as Compared;
    const { estimate } = headlineEstimate(compared);
    return effectRow(one.goal_id, one.name, compared, estimate, one.direction);
  });
  return (
    <section class="card stack">
      <ForestChart
        title="Everybody else against the holdout"
        level={2}
        summary="What all campaigns together changed, goal by goal, since it is on."
        axis="everybody else less the holdout, in percentage points"
        tick={pointsTick}
        rows={rows}
        head={["Goal", "Everybody else and holdout", "Difference"]}
      />
      <ul class="claims">
        {report.goals.map((one) => (
          <li key={one.goal_id}>
            <a href={`/goals/${one.goal_id}`}>{one.name}</a>, from {day(one.counted_from)}:{" "}
            {typeset(one.sentence)}
          </li>
        ))}
      </ul>
      {report.waiting.length > 0 && (
        <p class="small faint">
          {report.waiting.length === 1 ? "One goal waits" : `${report.waiting.length} goals wait`}{" "}
          for the next night.
        </p>
      )}
    </section>
  );
}
