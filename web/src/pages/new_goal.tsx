import { answer, type Problem } from "@intent-segments/client";
import { Sparkles } from "lucide-preact";
import { useRef, useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { forget, problemOf, remember } from "../api/resource";
import { type Forecast, useAccount, useMe, useSegments } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { addDays, day, daysBetween } from "../format/dates";
import { change, count, counted, percent } from "../format/numbers";
import { AdviceNotice } from "../goals/advice";
import { Outcome } from "../goals/outcome";
import {
  type GoalEvent,
  newCondition,
  newQuestion,
  type Question,
  requestOf,
  unanswered,
} from "../goals/question";
import { Notice, ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { RoleNotice } from "../parts/role";
import { Segmented } from "../parts/segmented";
import { SkeletonCard } from "../parts/skeleton";
import { toast } from "../parts/toast";
import { type Catalogue, useCatalogue } from "../segments/catalogue";
import { EventField, WhereFields } from "../segments/editor/did";
import { AddButton, NumberField, RemoveButton } from "../segments/editor/fields";
import { useDebounced } from "./builder";
import { NothingLoaded } from "./segments";

const CRUMBS = [{ href: "/", label: "Goals" }];

export default function NewGoal() {
  const { query } = useRoute();
  const catalogue = useCatalogue();
  if (catalogue.watermark === undefined) {
    return (
      <Page title="New goal" crumbs={CRUMBS}>
        <SkeletonCard height={480} label="Segments and events are being fetched" />
      </Page>
    );
  }
  if (catalogue.watermark === null) {
    return (
      <Page title="New goal" crumbs={CRUMBS}>
        <NothingLoaded />
      </Page>
    );
  }
  return <Asking segment={query.segment ?? "all-users"} watermark={catalogue.watermark} />;
}

function Asking({ segment, watermark }: { segment: string; watermark: string }) {
  const me = useMe().data;
  const [question, setQuestion] = useState(() => newQuestion(segment, watermark));
  const [asked, setAsked] = useState<{ forecast: Forecast; key: string } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [asking, setAsking] = useState(false);
  const [tried, setTried] = useState(false);
  const result = useRef<HTMLDivElement>(null);
  const gaps = unanswered(question, watermark);
  const current = asked !== null && asked.key === JSON.stringify(question);

  const predict = async () => {
    setTried(true);
    if (gaps.length > 0) return;
    setAsking(true);
    setProblem(null);
    try {
      const forecast = await answer(api.POST("/v1/forecasts", { body: requestOf(question) }));
      setAsked({ forecast, key: JSON.stringify(question) });
      setTimeout(() => result.current?.scrollIntoView({ block: "start", behavior: "smooth" }), 50);
    } catch (error) {
      setProblem(problemOf(error));
      setAsked(null);
    } finally {
      setAsking(false);
    }
  };
  const setEvent = (event: string) =>
    setQuestion((now) => ({ ...now, events: [{ event, where: [] }] }));
  const setEndDate = (endsOn: string) =>
    setQuestion((now) => ({ ...now, until: { kind: "date", endsOn } }));

  return (
    <Page
      title="New goal"
      crumbs={CRUMBS}
      lead="Ask how many will do it before you promise it. Nothing is saved until you say so."
    >
      <div class="with-aside wide-aside">
        <div class="stack">
          <QuestionForm question={question} watermark={watermark} onChange={setQuestion} />
          <div class="ask">
            {me && !may(me, "post_v1_forecasts") ? (
              <RoleNotice>A marketer of the account asks for forecasts.</RoleNotice>
            ) : (
              <button
                type="button"
                class="button primary large"
                disabled={asking}
                onClick={predict}
              >
                <Sparkles size={18} aria-hidden="true" />
                {asking ? "Looking at history…" : asked ? "Predict again" : "Predict outcome"}
              </button>
            )}
            {tried && gaps[0] ? (
              <p class="wrong" role="alert">
                First {gaps[0]}.
              </p>
            ) : (
              <p class="hint">Takes some seconds. The answer is kept for 24 hours.</p>
            )}
          </div>
        </div>
        <div ref={result} class="result" aria-live="polite" aria-busy={asking}>
          {asking && !asked && <Waiting />}
          {problem &&
            (problem.candidates || problem.missing ? (
              <AdviceNotice
                title={problem.title}
                detail={problem.detail}
                advice={{
                  missing: problem.missing ?? {},
                  longest_end_date: problem.longest_end_date ?? null,
                  candidates: problem.candidates ?? [],
                }}
                onEvent={setEvent}
                onEndDate={setEndDate}
              />
            ) : (
              <ProblemNotice problem={problem} />
            ))}
          {asked && (
            <div class="stack">
              {!current && (
                <Notice title="The question has changed">
                  <p>Below is the answer to the one before. Predict again for the new one.</p>
                </Notice>
              )}
              <div class={current && !asking ? "" : "fading"}>
                <Outcome forecast={asked.forecast} onEvent={setEvent} onEndDate={setEndDate} />
              </div>
              {current && <SavePanel forecast={asked.forecast} question={question} />}
            </div>
          )}
          {!asked && !asking && !problem && <Promised />}
        </div>
      </div>
    </Page>
  );
}

/** What will stand here: an honest word before there is a number. */
function Promised() {
  return (
    <div class="promise">
      <svg viewBox="0 0 320 150" aria-hidden="true">
        <path class="area" d="M10 138C90 128 190 100 310 14V84C200 120 110 132 10 138Z" />
        <path class="line predicted" d="M10 138C100 128 200 104 310 50" />
        <circle class="dot" cx="310" cy="50" r="5" />
      </svg>
      <p>
        Here comes the number to expect with its margin, the chance of the one you want, how earlier
        forecasts of the same kind turned out, and whom to talk to.
      </p>
    </div>
  );
}

function Waiting() {
  return (
    <div class="stack">
      <SkeletonCard height={230} label="The forecast is being made" />
      <SkeletonCard height={420} label="The curve is being drawn" />
    </div>
  );
}

function QuestionForm({
  question,
  watermark,
  onChange,
}: {
  question: Question;
  watermark: string;
  onChange: (question: Question) => void;
}) {
  const [search, setSearch] = useState("");
  const catalogue = useCatalogue(useDebounced(search, 250));
  const segments = useSegments().data?.data ?? [];
  const set = (part: Partial<Question>) => onChange({ ...question, ...part });
  const chosen = segments.find((one) => one.id === question.segment);
  const { until, target } = question;
  const days = until.kind === "date" && until.endsOn ? daysBetween(watermark, until.endsOn) : null;
  return (
    <ol class="steps">
      <li class="card">
        <h2>Who</h2>
        <div class="field">
          <label for="goal-segment">Segment</label>
          <select
            id="goal-segment"
            class="input"
            value={question.segment}
            onChange={(event) => set({ segment: event.currentTarget.value })}
          >
            {!chosen && <option value={question.segment}>…</option>}
            {segments.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
                {one.size ? ` (${count(one.size.users)})` : ""}
              </option>
            ))}
          </select>
          <p class="hint">
            Its members at the end of {day(watermark)} stay the goal’s members. Not there?{" "}
            <a href="/segments/new">Build it</a>.
          </p>
        </div>
      </li>
      <li class="card">
        <h2>What</h2>
        <Segmented
          label="Direction"
          value={question.direction}
          options={[
            ["maximize", "Should do more of"],
            ["minimize", "Should do less of"],
          ]}
          onChange={(direction) => set({ direction })}
        />
        <EventRows
          events={question.events}
          catalogue={catalogue}
          onSearch={setSearch}
          onChange={(events) => set({ events })}
        />
        {question.events.length > 1 && (
          <Segmented
            label="Which of the events"
            value={question.match}
            options={[
              ["any", "any of them will do"],
              ["all", "all are needed"],
            ]}
            onChange={(match) => set({ match })}
          />
        )}
      </li>
      <li class="card">
        <h2>By when</h2>
        <Segmented
          label="With an end, or without"
          value={until.kind}
          options={[
            ["date", "A day"],
            ["rolling", "Always the next days"],
          ]}
          onChange={(kind) =>
            set({
              until: kind === "date" ? { kind, endsOn: addDays(watermark, 14) } : { kind, days: 7 },
            })
          }
        />
        {until.kind === "date" ? (
          <div class="field">
            <label for="goal-end">End date</label>
            <div class="clause-line">
              <input
                id="goal-end"
                class="input auto"
                type="date"
                min={addDays(watermark, 1)}
                max={addDays(watermark, 365)}
                value={until.endsOn}
                onInput={(event) => set({ until: { ...until, endsOn: event.currentTarget.value } })}
              />
              {[7, 14, 30].map((n) => (
                <button
                  key={n}
                  type="button"
                  class="chip-button"
                  onClick={() => set({ until: { kind: "date", endsOn: addDays(watermark, n) } })}
                >
                  {n} days
                </button>
              ))}
            </div>
            <p class="hint">
              {days !== null && days > 0
                ? `${counted(days, "day")}, from ${day(addDays(watermark, 1))} on.`
                : "The last day that counts."}
            </p>
          </div>
        ) : (
          <div class="field">
            <span class="label">Days ahead</span>
            <div class="clause-line">
              <NumberField
                label="Days ahead"
                value={until.days}
                min={1}
                onChange={(n) => set({ until: { kind: "rolling", days: n } })}
              />
              <span class="quiet">days, asked anew every night</span>
            </div>
          </div>
        )}
      </li>
      <li class="card">
        <h2>
          A wanted number <span class="faint">(if there is one)</span>
        </h2>
        <div class="clause-line">
          <NumberField
            label="Wanted number"
            value={target?.value ?? null}
            min={1}
            width={120}
            onChange={(value) =>
              set({ target: value === null ? null : { metric: target?.metric ?? "users", value } })
            }
          />
          <Segmented
            label="Of users or events"
            value={target?.metric ?? "users"}
            options={[
              ["users", "users"],
              ["events", "events"],
            ]}
            onChange={(metric) => set({ target: { metric, value: target?.value ?? null } })}
          />
        </div>
        <p class="hint">
          {question.direction === "maximize"
            ? "The forecast says how likely it is to be reached."
            : "The forecast says how likely it is not to be exceeded."}
        </p>
      </li>
      <li class="card">
        <details class="details">
          <summary>How buckets are cut</summary>
          <BucketPolicyFields question={question} onChange={onChange} />
        </details>
      </li>
    </ol>
  );
}

function EventRows({
  events,
  catalogue,
  onSearch,
  onChange,
}: {
  events: GoalEvent[];
  catalogue: Catalogue;
  onSearch: (text: string) => void;
  onChange: (events: GoalEvent[]) => void;
}) {
  const setAt = (n: number, one: GoalEvent) => onChange(events.with(n, one));
  return (
    <div class="stack tight">
      {events.map((one, n) => (
        <div class="stack tight" key={n}>
          <div class="clause-line">
            <EventField
              label={n === 0 ? "Goal event" : `Goal event ${n + 1}`}
              value={one.event}
              onChange={(event) => setAt(n, { ...one, event })}
              catalogue={catalogue}
              onSearch={onSearch}
            />
            {one.event && (
              <AddButton
                onClick={() => setAt(n, { ...one, where: [...one.where, newCondition()] })}
              >
                only where…
              </AddButton>
            )}
            {events.length > 1 && (
              <RemoveButton
                label={`Remove ${one.event || "the event"}`}
                onClick={() => onChange(events.filter((_, at) => at !== n))}
              />
            )}
          </div>
          <WhereFields
            where={one.where}
            properties={catalogue.event(one.event)?.properties ?? []}
            onChange={(where) => setAt(n, { ...one, where })}
          />
        </div>
      ))}
      <div>
        <AddButton onClick={() => onChange([...events, { event: "", where: [] }])}>
          another event
        </AddButton>
      </div>
    </div>
  );
}

function BucketPolicyFields({
  question,
  onChange,
}: {
  question: Question;
  onChange: (question: Question) => void;
}) {
  const policy = question.buckets;
  const set = (buckets: Question["buckets"]) => onChange({ ...question, buckets });
  const step = policy.by === "likelihood" ? 0.05 : 1;
  return (
    <div class="stack tight">
      <Segmented
        label="Cut buckets by"
        value={policy.by}
        options={[
          ["achievement", "Expected achievement"],
          ["percentile", "Shares"],
          ["likelihood", "Likelihood"],
        ]}
        onChange={(by) =>
          set(
            by === "achievement"
              ? { by }
              : by === "percentile"
                ? { by, most: 20, moderate: 30 }
                : { by, most: 0.5, moderate: 0.2 },
          )
        }
      />
      {policy.by === "achievement" ? (
        <p class="hint">
          {question.direction === "maximize"
            ? "Most likely: the fewest members with half of all expected achievement; moderately likely: the next 35 %."
            : "Least likely: the fewest members with half of what you want to avoid; moderately likely: the next 35 %."}
        </p>
      ) : (
        <div class="clause-line">
          <span class="quiet">most likely {policy.by === "percentile" ? "%" : "from"}</span>
          <NumberField
            label="Most likely"
            value={policy.most}
            step={step}
            onChange={(most) => set({ ...policy, most: most ?? 0 })}
          />
          <span class="quiet">
            then moderately likely {policy.by === "percentile" ? "%" : "from"}
          </span>
          <NumberField
            label="Moderately likely"
            value={policy.moderate}
            step={step}
            onChange={(moderate) => set({ ...policy, moderate: moderate ?? 0 })}
          />
        </div>
      )}
    </div>
  );
}

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
function SavePanel({ forecast, question }: { forecast: Forecast; question: Question }) {
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
