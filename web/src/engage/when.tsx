/** When an engagement sends: after every night, at an instant, now. */
import type { Schema } from "@intent-segments/client";
import { instantIn } from "../format/dates";
import { Segmented } from "../parts/segmented";

export interface When {
  kind: "nightly" | "at" | "now";
  /** A local time of the account, as the field has it: "2026-12-01T09:00". */
  at: string;
  until: string;
}

export const NIGHTLY: When = { kind: "nightly", at: "", until: "" };

export function scheduleOf(when: When, timezone: string): Schema<"EngagementSchedule"> {
  if (when.kind === "at") return { kind: "at", at: instantIn(when.at, timezone) };
  if (when.kind === "nightly" && when.until) return { kind: "nightly", until: when.until };
  return { kind: when.kind };
}

export function WhenFields({
  when,
  timezone,
  ends,
  nightlyOnly = false,
  onChange,
}: {
  when: When;
  timezone: string;
  /** What ends nightly sending when no day is given: "until the goal ends". */
  ends: string;
  nightlyOnly?: boolean;
  onChange: (when: When) => void;
}) {
  return (
    <>
      {!nightlyOnly && (
        <Segmented
          label="When"
          value={when.kind}
          options={[
            ["nightly", "After every night"],
            ["at", "At a time"],
            ["now", "Now, once"],
          ]}
          onChange={(kind) => onChange({ ...when, kind })}
        />
      )}
      {when.kind === "at" && (
        <div class="field">
          <label for="engage-at">
            Time <span class="faint">({timezone})</span>
          </label>
          <input
            id="engage-at"
            class="input auto"
            type="datetime-local"
            value={when.at}
            onInput={(event) => onChange({ ...when, at: event.currentTarget.value })}
          />
        </div>
      )}
      {when.kind === "nightly" && (
        <div class="field">
          <label for="engage-until">
            Last day <span class="faint">(if any)</span>
          </label>
          <input
            id="engage-until"
            class="input auto"
            type="date"
            value={when.until}
            onInput={(event) => onChange({ ...when, until: event.currentTarget.value })}
          />
        </div>
      )}
      <p class="hint">
        {when.kind === "now"
          ? "Those of the newest night, at once."
          : when.kind === "at"
            ? "Those of the newest night at that time."
            : `${nightlyOnly ? "Each crossing is told after the night that knows of it" : "Whoever comes in is reached after the next night, once per engagement"}, ${when.until ? "up to that day" : ends}.`}
      </p>
    </>
  );
}
