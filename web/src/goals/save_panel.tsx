/** A forecast, saved as a goal. */
import { answer, type Problem } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { forget, problemOf, remember } from "../api/resource";
import { type Forecast, useAccount, useMe } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { change, counted, percent } from "../format/numbers";
import { Notice, ProblemNotice } from "../parts/notice";
import { toast } from "../parts/toast";
import type { Question } from "./question";

/** The effect that a control group of about this share can show. */
function ShowsAtShare({ power, share }: { power: NonNullable<Forecast["power"]>; share: number }) {
  const [nearest] = [...power.shares].sort(
    (a, b) => Math.abs(a.control_share - share) - Math.abs(b.control_share - share),
  );
  if (!nearest) return null;
  return (
    <p class="hint">
      {nearest.smallest_lift !== null
        ? `With ${percent(nearest.control_share)} held back, an effect of ${change(nearest.smallest_lift)} on the rate is found in four of five cases.`
        : `With ${percent(nearest.control_share)} held back, no effect would be found in four of five cases: there are too few members.`}
    </p>
  );
}

/** Save and track: a name, the control group, and the places that are left. */
export function SavePanel({ forecast, question }: { forecast: Forecast; question: Question }) {
  const { route } = useLocation();
  const me = useMe().data;
  const account = useAccount();
  const [name, setName] = useState("");
  const [control, setControl] = useState(5);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saving, setSaving] = useState(false);
  const [key] = useState(() => crypto.randomUUID());
  const places = account.data;
  const full = places ? places.active_goals >= places.goal_limit : false;
  const usual = `${question.direction === "maximize" ? "More" : "Less"} ${question.events
    .map((one) => one.event)
    .join(", ")}`;
  const save = async () => {
    setSaving(true);
    setProblem(null);
    try {
      const goal = await answer(
        api.POST("/v1/goals", {
          params: { header: { "Idempotency-Key": key } },
          body: {
            name: name.trim() || usual,
            forecast_id: forecast.id,
            control_share: control / 100,
          },
        }),
      );
      forget("goals");
      forget("account");
      remember(`goals/${goal.id}`, goal);
      toast("Goal saved; it is being set up");
      route(`/goals/${goal.id}`);
    } catch (error) {
      setProblem(problemOf(error));
      setSaving(false);
      account.refresh();
    }
  };
  if (!may(me, "post_v1_goals")) {
    return (
      <Notice>
        <p>Your role ({me?.role ?? "none"}) may ask but not save. A marketer of the account can.</p>
      </Notice>
    );
  }
  const held = Math.round((forecast.users * control) / 100);
  return (
    <section class="card stack save-panel" aria-label="Save and track">
      <h2>Save it as a goal</h2>
      <div class="field">
        <label for="goal-name">Name</label>
        <input
          id="goal-name"
          class="input"
          maxLength={200}
          placeholder={usual}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </div>
      <div class="field">
        <label for="goal-control">Control group: {control} %</label>
        <input
          id="goal-control"
          type="range"
          min={1}
          max={20}
          value={control}
          onInput={(event) => setControl(Number(event.currentTarget.value))}
        />
        <p class="hint">
          About {counted(held, "member")} drawn by chance and never engaged, so that the effect of
          campaigns can be told from what would have happened anyway.
        </p>
        {forecast.power && <ShowsAtShare power={forecast.power} share={control / 100} />}
      </div>
      {full && (
        <Notice tone="warn" title="All places are taken">
          <p>
            {places?.active_goals} of {places?.goal_limit} goals are at work. Archive one, or raise
            the limit in <a href="/account">the account</a>.
          </p>
        </Notice>
      )}
      {problem && <ProblemNotice problem={problem} />}
      <div class="actions">
        <button type="button" class="button primary large" disabled={saving || full} onClick={save}>
          {saving ? "Saving…" : "Save and track"}
          {places && (
            <span class="places-note">
              {places.active_goals} of {places.goal_limit} used
            </span>
          )}
        </button>
      </div>
    </section>
  );
}
