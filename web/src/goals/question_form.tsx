/** Who, what, which way, by when, and perhaps how many: the steps of a new goal. */
import { useState } from "preact/hooks";
import { useSegments } from "../api/resources";
import { addDays, day, daysBetween } from "../format/dates";
import { count, counted } from "../format/numbers";
import { useDebounced } from "../parts/debounced";
import { Segmented } from "../parts/segmented";
import { type Catalogue, useCatalogue } from "../segments/catalogue";
import { EventField, WhereFields } from "../segments/editor/did";
import { AddButton, NumberField, RemoveButton } from "../segments/editor/fields";
import { type GoalEvent, newCondition, type Question } from "./question";

export function QuestionForm({
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
