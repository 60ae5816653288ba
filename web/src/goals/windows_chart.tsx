/** A rolling goal: what each night predicted for the days after it, and what came. */
import type { Goal, Progress } from "../api/resources";
import { ChartFrame, Key } from "../charts/frame";
import { TimeChart } from "../charts/time";
import { day, period } from "../format/dates";
import { count, percent, range } from "../format/numbers";
import { CHART_HEIGHT } from "./progress_chart";

export function WindowsChart({ goal, progress }: { goal: Goal; progress: Progress }) {
  const days = progress.days.filter((one) => one.predicted);
  const first = days[0];
  const last = days.at(-1);
  const windows = progress.windows;
  const summary = `Every night asks how many will do it in the next ${goal.rolling_days} days.${
    windows && windows.complete > 0
      ? ` ${count(windows.complete)} windows are over${
          windows.coverage80 != null
            ? `; ${percent(windows.coverage80)} of them came out inside the 80 % band`
            : ""
        }.`
      : " No window is over yet."
  }`;
  if (!first || !last) return <p class="quiet">{summary}</p>;
  const came = days.flatMap((one) =>
    one.window?.did != null ? [{ date: one.date, value: one.window.did }] : [],
  );
  const byDay = new Map(days.map((one) => [one.date, one]));
  return (
    <ChartFrame
      title="Predicted and actual, by night"
      summary={summary}
      height={CHART_HEIGHT}
      legend={
        <>
          <Key tone="actual">did it in the window</Key>
          <Key tone="predicted">predicted that night</Key>
          <Key tone="fan80">80 % certain</Key>
        </>
      }
      table={{
        head: ["Night", "Window", "Predicted", "80 % certain", "Did it"],
        rows: days.map((one) => [
          day(one.date),
          one.window ? period(one.window.starts_on, one.window.ends_on) : "–",
          count(one.predicted?.value),
          one.predicted ? range(one.predicted.low80, one.predicted.high80) : "–",
          count(one.window?.did),
        ]),
      }}
    >
      {(width) => (
        <TimeChart
          width={width}
          height={CHART_HEIGHT}
          from={first.date}
          to={last.date}
          bands={[
            {
              tone: "fan80",
              points: days.map((one) => ({
                date: one.date,
                low: one.predicted?.low80 ?? 0,
                high: one.predicted?.high80 ?? 0,
              })),
            },
          ]}
          lines={[
            {
              tone: "predicted",
              points: days.map((one) => ({ date: one.date, value: one.predicted?.value ?? 0 })),
            },
            { tone: "actual", tip: true, points: came },
          ]}
          label={summary}
          read={(date) => {
            const one = byDay.get(date);
            if (!one?.predicted) return [["", "no night"]];
            return [
              ["Predicted", count(one.predicted.value)],
              ["80 % certain", range(one.predicted.low80, one.predicted.high80)],
              ["Did it", one.window?.did != null ? count(one.window.did) : "not over yet"],
            ];
          }}
        />
      )}
    </ChartFrame>
  );
}
