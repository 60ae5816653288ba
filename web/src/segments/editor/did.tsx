/** What users did or did not: an event, how often, when, and what narrows it. */
import type { PropertySeen } from "../../api/resources";
import { Combobox } from "../../parts/combobox";
import type { Catalogue } from "../catalogue";
import {
  AGGREGATES,
  type Aggregate,
  COUNT_OPERATORS,
  type Comparison,
  type Condition,
  type Did,
  newCondition,
  newStep,
  type Sequence,
  type Step,
} from "../form";
import { ConditionFields } from "./condition";
import { AddButton, Choice, NumberField, RemoveButton } from "./fields";
import { ClockFields, WindowFields } from "./window";

const COUNT_WORDS: Record<string, string> = {
  gte: "at least",
  lte: "at most",
  eq: "exactly",
  gt: "more than",
  lt: "fewer than",
  ne: "not",
};
const AMOUNT_WORDS: Record<Aggregate, string> = {
  sum: "total",
  avg: "average",
  min: "lowest",
  max: "highest",
};

interface Fields {
  catalogue: Catalogue;
  onSearch: (text: string) => void;
}

export function DidFields({
  row,
  onChange,
  ...fields
}: Fields & { row: Did; onChange: (row: Did) => void }) {
  const set = (part: Partial<Did>) => onChange({ ...row, ...part });
  const { catalogue } = fields;
  const properties = catalogue.event(row.event)?.properties ?? [];
  return (
    <>
      <div class="clause-line">
        <Choice
          label="Did or did not"
          value={row.never ? "never" : row.firstTime ? "first" : "did"}
          options={[
            ["did", "did"],
            ["first", "did for the first time"],
            ["never", "did not do"],
          ]}
          onChange={(said) => {
            const count = row.count.length > 0 ? row.count : atLeastOnce();
            set({ never: said === "never", firstTime: said === "first", count });
          }}
        />
        <EventField value={row.event} onChange={(event) => set({ event })} {...fields} />
        {!row.never &&
          row.count.map((one, n) => (
            <HowOften
              key={n}
              comparison={one}
              unit="times"
              onChange={(next) => set({ count: replaced(row.count, n, next) })}
            />
          ))}
        <WindowFields
          window={row.window}
          watermark={catalogue.watermark}
          onChange={(window) => set({ window })}
        />
      </div>
      <WhereFields where={row.where} properties={properties} onChange={(where) => set({ where })} />
      {!row.never &&
        row.days.map((one, n) => (
          <div class="clause-line" key={n}>
            <span class="quiet">on</span>
            <HowOften
              comparison={one}
              unit="different days"
              onChange={(next) => set({ days: replaced(row.days, n, next) })}
            />
            <RemoveButton
              label="Remove the number of days"
              onClick={() => set({ days: row.days.filter((_, at) => at !== n) })}
            />
          </div>
        ))}
      {!row.never &&
        row.amounts.map((amount, n) => (
          <div class="clause-line" key={n}>
            <span class="quiet">with a</span>
            <Choice
              label="Which amount"
              value={amount.of}
              options={AGGREGATES.map((of) => [of, AMOUNT_WORDS[of]] as const)}
              onChange={(of) => set({ amounts: replaced(row.amounts, n, { ...amount, of }) })}
            />
            <ConditionFields
              condition={amount}
              properties={properties
                .filter((one) => "number" in one.kinds)
                .map((one) => ({ value: one.property }))}
              seen={NUMBERS}
              onChange={(next) =>
                set({ amounts: replaced(row.amounts, n, { ...amount, ...next }) })
              }
              onRemove={() => set({ amounts: row.amounts.filter((_, at) => at !== n) })}
            />
          </div>
        ))}
      {row.on && <ClockFields clock={row.on} onChange={(on) => set({ on })} />}
      <div class="clause-more">
        <AddButton onClick={() => set({ where: [...row.where, newCondition()] })}>
          property
        </AddButton>
        {!row.never && row.days.length === 0 && (
          <AddButton onClick={() => set({ days: [{ operator: "gte", value: 2 }] })}>
            different days
          </AddButton>
        )}
        {!row.never && (
          <AddButton
            onClick={() => {
              const free = AGGREGATES.find((of) => row.amounts.every((one) => one.of !== of));
              if (!free) return;
              const amount = {
                of: free,
                property: "",
                comparisons: [{ operator: "gte", value: "" }],
              };
              set({ amounts: [...row.amounts, amount] });
            }}
          >
            amount
          </AddButton>
        )}
        {!row.on && (
          <AddButton onClick={() => set({ on: { weekdays: ["sat", "sun"], hours: null } })}>
            time of day
          </AddButton>
        )}
      </div>
    </>
  );
}

/** Amounts are of numbers, whatever else a property holds. */
const NUMBERS = { kinds: { number: 1 } } as unknown as PropertySeen;

export function SequenceFields({
  row,
  onChange,
  ...fields
}: Fields & { row: Sequence; onChange: (row: Sequence) => void }) {
  const setStep = (n: number, step: Step) =>
    onChange({ ...row, steps: replaced(row.steps, n, step) });
  return (
    <>
      {row.steps.map((step, n) => (
        <div key={n}>
          <div class="clause-line">
            <span class="quiet">{n === 0 ? "did" : "then"}</span>
            <EventField
              value={step.event}
              onChange={(event) => setStep(n, { ...step, event })}
              {...fields}
            />
            {n > 0 && (
              <WithinFields step={step} onChange={(within) => setStep(n, { ...step, within })} />
            )}
            <AddButton
              onClick={() => setStep(n, { ...step, where: [...step.where, newCondition()] })}
            >
              property
            </AddButton>
            {row.steps.length > 2 && (
              <RemoveButton
                label={`Remove step ${n + 1}`}
                onClick={() => onChange({ ...row, steps: row.steps.filter((_, at) => at !== n) })}
              />
            )}
          </div>
          <WhereFields
            where={step.where}
            properties={fields.catalogue.event(step.event)?.properties ?? []}
            onChange={(where) => setStep(n, { ...step, where })}
          />
        </div>
      ))}
      <div class="clause-line">
        <span class="quiet">all of it</span>
        <WindowFields
          window={row.window}
          watermark={fields.catalogue.watermark}
          onChange={(window) => onChange({ ...row, window })}
        />
        {row.steps.length < 10 && (
          <AddButton onClick={() => onChange({ ...row, steps: [...row.steps, newStep()] })}>
            step
          </AddButton>
        )}
      </div>
    </>
  );
}

/** How much later than the step before a step may come. */
function WithinFields({
  step,
  onChange,
}: {
  step: Step;
  onChange: (within: Step["within"]) => void;
}) {
  const { within } = step;
  return (
    <div class="clause-part">
      <Choice
        label="How much later"
        value={within.kind === "days" || within.kind === "hours" ? within.kind : "ever"}
        options={[
          ["ever", "any time later"],
          ["days", "within … days"],
          ["hours", "within … hours"],
        ]}
        onChange={(kind) =>
          onChange(kind === "ever" ? { kind } : { kind, n: kind === "days" ? 2 : 24 })
        }
      />
      {(within.kind === "days" || within.kind === "hours") && (
        <NumberField
          label={within.kind === "days" ? "Days" : "Hours"}
          value={within.n}
          min={1}
          onChange={(n) => onChange({ ...within, n })}
        />
      )}
    </div>
  );
}

export function EventField({
  value,
  onChange,
  catalogue,
  onSearch,
  label = "Event",
}: Fields & { value: string; onChange: (event: string) => void; label?: string }) {
  return (
    <Combobox
      label={label}
      value={value}
      options={catalogue.events}
      placeholder="event"
      onChange={onChange}
      onSearch={onSearch}
    />
  );
}

export function WhereFields({
  where,
  properties,
  onChange,
}: {
  where: Condition[];
  properties: PropertySeen[];
  onChange: (where: Condition[]) => void;
}) {
  return (
    <>
      {where.map((condition, n) => (
        <div class="clause-line" key={n}>
          <span class="quiet">{n === 0 ? "where" : "and"}</span>
          <ConditionFields
            condition={condition}
            properties={properties.map((one) => ({ value: one.property }))}
            seen={properties.find((one) => one.property === condition.property)}
            onChange={(next) => onChange(replaced(where, n, next))}
            onRemove={() => onChange(where.filter((_, at) => at !== n))}
          />
        </div>
      ))}
    </>
  );
}

function HowOften({
  comparison,
  unit,
  onChange,
}: {
  comparison: Comparison;
  unit: string;
  onChange: (comparison: Comparison) => void;
}) {
  return (
    <div class="clause-part">
      <Choice
        label="How often"
        value={comparison.operator}
        options={COUNT_OPERATORS.map((one) => [one as string, COUNT_WORDS[one] ?? one] as const)}
        onChange={(operator) => onChange({ ...comparison, operator })}
      />
      <NumberField
        label={unit === "times" ? "Times" : "Days"}
        value={comparison.value as number | null}
        min={0}
        onChange={(value) => onChange({ ...comparison, value })}
      />
      <span class="quiet">{unit}</span>
    </div>
  );
}

function atLeastOnce(): Comparison[] {
  return [{ operator: "gte", value: 1 }];
}

function replaced<T>(list: readonly T[], at: number, value: T): T[] {
  return list.map((one, n) => (n === at ? value : one));
}
