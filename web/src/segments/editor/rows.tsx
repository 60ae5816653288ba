/** The builder's rows: clauses one below the other, groups inside groups. */
import { Ban, Plus } from "lucide-preact";
import { BUCKETS } from "../../goals/buckets";
import type { Catalogue } from "../catalogue";
import { type Group, type Kind, newRow, type Row } from "../form";
import { ConditionFields, ListField } from "./condition";
import { DidFields, SequenceFields } from "./did";
import { Choice, NumberField, RemoveButton } from "./fields";

export interface Editing {
  catalogue: Catalogue;
  onSearch: (text: string) => void;
  /** What each unfinished row misses. */
  missing: Map<number, string>;
  /** Problems of the API by the path of the clause: "definition.all[0].did". */
  change: (id: number, change: (row: Row) => Row | null) => void;
}

const KINDS: readonly (readonly [Kind, string])[] = [
  ["did", "What they did"],
  ["trait", "Who they are"],
  ["sequence", "One after another"],
  ["segment", "In another segment"],
  ["bucket", "In a goal's bucket"],
  ["likelihood", "How likely for a goal"],
  ["users", "Listed users"],
  ["group", "A group of conditions"],
];

export function GroupFields({
  group,
  editing,
  top = false,
}: {
  group: Group;
  editing: Editing;
  top?: boolean;
}) {
  const set = (part: Partial<Group>) =>
    editing.change(group.id, (row) => ({ ...(row as Group), ...part }));
  return (
    <div class={top ? "rows" : "rows nested"}>
      <div class="clause-line">
        <span class="quiet">{top ? "Everybody who fits" : "fits"}</span>
        <Choice
          label="All or any of the conditions"
          value={group.match}
          options={[
            ["all", "all"],
            ["any", "any"],
          ]}
          onChange={(match) => set({ match })}
        />
        <span class="quiet">of these conditions</span>
      </div>
      {group.rows.map((row, n) => (
        <RowFields
          key={row.id}
          row={row}
          editing={editing}
          joint={n > 0 ? (group.match === "all" ? "and" : "or") : ""}
        />
      ))}
      {group.rows.length === 0 && (
        <p class="hint">{group.match === "all" ? "No condition: everybody." : "Nobody yet."}</p>
      )}
      <label class="add-row">
        <Plus size={16} aria-hidden="true" />
        <span class="hidden-visually">Add a condition</span>
        <select
          class="input auto"
          value=""
          onChange={(event) => {
            const kind = event.currentTarget.value as Kind;
            event.currentTarget.value = "";
            set({ rows: [...group.rows, newRow(kind)] });
          }}
        >
          <option value="" disabled>
            Add a condition…
          </option>
          {KINDS.map(([kind, text]) => (
            <option key={kind} value={kind}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function RowFields({ row, editing, joint }: { row: Row; editing: Editing; joint: string }) {
  const missing = editing.missing.get(row.id);
  return (
    <div class="row-of-rows">
      {joint && <span class="joint">{joint}</span>}
      <div class={row.nots % 2 === 1 ? "clause negated" : "clause"}>
        <div class="clause-body">
          {row.nots % 2 === 1 && <span class="pill bad">not</span>}
          <ClauseFields row={row} editing={editing} />
          {missing && <p class="hint">Still to do: {missing}.</p>}
        </div>
        <div class="clause-tools">
          <button
            type="button"
            class="button plain icon"
            aria-pressed={row.nots % 2 === 1}
            aria-label="The opposite: everybody for whom this does not hold"
            title="The opposite"
            onClick={() =>
              editing.change(row.id, (now) => ({ ...now, nots: now.nots > 0 ? 0 : 1 }))
            }
          >
            <Ban size={16} aria-hidden="true" />
          </button>
          <RemoveButton
            label="Remove the condition"
            onClick={() => editing.change(row.id, () => null)}
          />
        </div>
      </div>
    </div>
  );
}

function ClauseFields({ row, editing }: { row: Row; editing: Editing }) {
  const { catalogue, onSearch, change } = editing;
  const set = (next: Row) => change(row.id, () => next);
  switch (row.kind) {
    case "group":
      return <GroupFields group={row} editing={editing} />;
    case "did":
      return <DidFields row={row} onChange={set} catalogue={catalogue} onSearch={onSearch} />;
    case "sequence":
      return <SequenceFields row={row} onChange={set} catalogue={catalogue} onSearch={onSearch} />;
    case "trait":
      return (
        <ConditionFields
          condition={row.condition}
          properties={catalogue.traits}
          seen={catalogue.trait(row.condition.property)}
          onChange={(condition) => set({ ...row, condition })}
        />
      );
    case "segment":
      return (
        <div class="clause-line">
          <span class="quiet">is in</span>
          <Choice
            label="Segment"
            value={row.segment}
            options={named(row.segment, catalogue.segments, "choose a segment")}
            onChange={(segment) => set({ ...row, segment })}
          />
        </div>
      );
    case "bucket":
      return (
        <div class="clause-line">
          <span class="quiet">of</span>
          <Choice
            label="Goal"
            value={row.goal}
            options={named(row.goal, catalogue.goals, "choose a goal")}
            onChange={(goal) => set({ ...row, goal })}
          />
          <fieldset class="clause-part">
            <legend class="hidden-visually">Buckets</legend>
            {BUCKETS.map(({ id, label }) => (
              <label class="tick-chip" key={id}>
                <input
                  type="checkbox"
                  checked={row.buckets.includes(id)}
                  onChange={() =>
                    set({
                      ...row,
                      buckets: BUCKETS.map((one) => one.id).filter(
                        (one) => (one === id) !== row.buckets.includes(one),
                      ),
                    })
                  }
                />
                {label}
              </label>
            ))}
          </fieldset>
        </div>
      );
    case "likelihood": {
      const top = row.comparisons[0]?.operator === "top_percent";
      return (
        <div class="clause-line">
          <span class="quiet">of</span>
          <Choice
            label="Goal"
            value={row.goal}
            options={named(row.goal, catalogue.goals, "choose a goal")}
            onChange={(goal) => set({ ...row, goal })}
          />
          <Choice
            label="How likely"
            value={top ? "top" : "from"}
            options={[
              ["top", "the likeliest … %"],
              ["from", "likelihood compared"],
            ]}
            onChange={(said) =>
              set({
                ...row,
                comparisons: [
                  said === "top"
                    ? { operator: "top_percent", value: 25 }
                    : { operator: "gte", value: 0.5 },
                ],
              })
            }
          />
          {row.comparisons.map((one, n) => (
            <div class="clause-part" key={n}>
              {!top && (
                <Choice
                  label="Comparison"
                  value={one.operator}
                  options={[
                    ["gte", "at least"],
                    ["gt", "more than"],
                    ["lte", "at most"],
                    ["lt", "less than"],
                  ]}
                  onChange={(operator) =>
                    set({ ...row, comparisons: row.comparisons.with(n, { ...one, operator }) })
                  }
                />
              )}
              <NumberField
                label={top ? "Percent" : "Likelihood"}
                value={one.value as number | null}
                min={0}
                step={top ? 1 : 0.05}
                onChange={(value) =>
                  set({ ...row, comparisons: row.comparisons.with(n, { ...one, value }) })
                }
              />
            </div>
          ))}
        </div>
      );
    }
    case "users":
      return (
        <div class="clause-line">
          <span class="quiet">is one of</span>
          <ListField
            label="Add a user id"
            values={row.users}
            options={[]}
            onChange={(users) => set({ ...row, users })}
          />
        </div>
      );
  }
}

/** Options of named things; one that is no longer there keeps its id. */
function named(
  current: string,
  things: readonly { id: string; name: string }[],
  nothing: string,
): (readonly [string, string])[] {
  const options = things.map((one) => [one.id, one.name] as const);
  const known = current === "" || things.some((one) => one.id === current);
  return [["", nothing] as const, ...(known ? [] : [[current, current] as const]), ...options];
}
