/** What to change when history is thin: said with numbers, done with a click. */
import type { Schema } from "@intent-segments/client";
import { day } from "../format/dates";
import { count, counted, percent } from "../format/numbers";
import { Notice } from "../parts/notice";

type Advice = Pick<Schema<"Advice">, "missing" | "longest_end_date" | "candidates">;

const MISSING: Record<string, string> = {
  history_days: "days of history",
  achievements: "members who did it in the past",
  failures: "members who did not do it in the past",
  users: "members in the past",
  origins: "earlier days to check forecasts on",
};

export function AdviceNotice({
  title,
  detail,
  advice,
  onEvent,
  onEndDate,
}: {
  title: string;
  detail?: string;
  advice: Partial<Advice>;
  onEvent: (event: string) => void;
  onEndDate: (date: string) => void;
}) {
  const missing = Object.entries(advice.missing ?? {});
  const candidates = advice.candidates ?? [];
  return (
    <Notice tone="warn" title={title} live>
      {detail && <p>{detail}</p>}
      {missing.length > 0 && (
        <ul>
          {missing.map(([what, { needed, known }]) => (
            <li key={what}>
              {count(known)} of {count(needed)} {MISSING[what] ?? what.replaceAll("_", " ")} needed
            </li>
          ))}
        </ul>
      )}
      {advice.longest_end_date && (
        <p>
          History carries a period until {day(advice.longest_end_date)}.{" "}
          <button
            type="button"
            class="button small"
            onClick={() => advice.longest_end_date && onEndDate(advice.longest_end_date)}
          >
            End on that day
          </button>
        </p>
      )}
      {candidates.length > 0 && (
        <>
          <p>Events that the same segment and as many days would carry:</p>
          <ul class="candidates">
            {candidates.map((one) => (
              <li key={one.event}>
                <button type="button" class="button small" onClick={() => onEvent(one.event)}>
                  {one.event}
                </button>
                <span class="small quiet">
                  {counted(one.users, "user")}, {percent(one.rate)}
                  {one.lift != null &&
                    one.lift > 1 &&
                    `; ${one.lift.toFixed(1)} times as frequent among those who did yours`}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Notice>
  );
}
