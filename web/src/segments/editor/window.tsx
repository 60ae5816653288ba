/** When something happened: ever, in the last so many days or hours, between days, before a day. */
import { addDays } from "../../format/dates";
import type { Clock, Window } from "../form";
import { WEEKDAYS } from "../form";
import { Choice, DateField, NumberField, RemoveButton } from "./fields";

const KINDS = [
  ["ever", "ever"],
  ["days", "in the last … days"],
  ["hours", "in the last … hours"],
  ["between", "between"],
  ["before", "before"],
] as const;

export function WindowFields({
  window,
  watermark,
  onChange,
}: {
  window: Window;
  /** The last closed day, from which dates start out. */
  watermark: string | null | undefined;
  onChange: (window: Window) => void;
}) {
  const choose = (kind: Window["kind"]) => {
    const to = watermark ?? "";
    if (kind === "ever") onChange({ kind });
    else if (kind === "between") onChange({ kind, from: to && addDays(to, -29), to });
    else if (kind === "before") onChange({ kind, date: to });
    else onChange({ kind, n: kind === "days" ? 30 : 24 });
  };
  return (
    <div class="clause-part">
      <Choice label="When" value={window.kind} options={KINDS} onChange={choose} />
      {(window.kind === "days" || window.kind === "hours") && (
        <NumberField
          label={window.kind === "days" ? "Days" : "Hours"}
          value={window.n}
          min={1}
          onChange={(n) => onChange({ ...window, n })}
        />
      )}
      {window.kind === "between" && (
        <>
          <DateField
            label="From"
            value={window.from}
            onChange={(from) => onChange({ ...window, from })}
          />
          <span class="quiet">and</span>
          <DateField label="To" value={window.to} onChange={(to) => onChange({ ...window, to })} />
        </>
      )}
      {window.kind === "before" && (
        <DateField
          label="Before"
          value={window.date}
          onChange={(date) => onChange({ kind: "before", date })}
        />
      )}
    </div>
  );
}

const DAY_NAMES: Record<string, string> = {
  mon: "Mon",
  tue: "Tue",
  wed: "Wed",
  thu: "Thu",
  fri: "Fri",
  sat: "Sat",
  sun: "Sun",
};

/** On which weekdays, at which hours of the account's clock. */
export function ClockFields({
  clock,
  onChange,
}: {
  clock: Clock;
  onChange: (clock: Clock | null) => void;
}) {
  const toggle = (name: string) => {
    const now = clock.weekdays ?? [];
    const next = WEEKDAYS.filter((one) => (one === name) !== now.includes(one));
    onChange({ ...clock, weekdays: next.length > 0 ? next : null });
  };
  const { hours } = clock;
  return (
    <div class="clause-line">
      <span class="quiet">on</span>
      <fieldset class="clause-part">
        <legend class="hidden-visually">Weekdays</legend>
        {WEEKDAYS.map((name) => (
          <label class="tick-chip" key={name}>
            <input
              type="checkbox"
              checked={clock.weekdays?.includes(name) ?? false}
              onChange={() => toggle(name)}
            />
            {DAY_NAMES[name]}
          </label>
        ))}
      </fieldset>
      <Choice
        label="Hours"
        value={hours ? "some" : "any"}
        options={[
          ["any", "at any hour"],
          ["some", "from … to …"],
        ]}
        onChange={(said) =>
          onChange({ ...clock, hours: said === "some" ? { from: 18, to: 23 } : null })
        }
      />
      {hours && (
        <div class="clause-part">
          <NumberField
            label="From hour"
            value={hours.from}
            min={0}
            onChange={(n) => onChange({ ...clock, hours: { ...hours, from: n ?? 0 } })}
          />
          <span class="quiet">to</span>
          <NumberField
            label="To hour"
            value={hours.to}
            min={0}
            onChange={(n) => onChange({ ...clock, hours: { ...hours, to: n ?? 24 } })}
          />
        </div>
      )}
      <RemoveButton label="Remove the time of day" onClick={() => onChange(null)} />
    </div>
  );
}
