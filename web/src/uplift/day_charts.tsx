/** Three lines by day, and what every night's look said. */
import { ChartFrame, Key } from "../charts/frame";
import { TimeChart } from "../charts/time";
import { addDays, day, shortDay } from "../format/dates";
import { count, range, signed } from "../format/numbers";
import { asUsers, interval, linesInWords, type Uplift } from "./words";

const HEIGHT = 270;
/** First nights know little; beyond this many times the last interval their bands are cut. */
const BAND_CUT = 3;

/** Forecast of day 0, baseline as control implies it, actual: what is organic, what is the campaign's. */
export function LinesChart({ uplift }: { uplift: Uplift }) {
  const days = uplift.by_day;
  const first = days[0];
  const last = days.at(-1);
  if (!first || !last) return null;
  const start = addDays(first.date, -1);
  const known = new Map(days.map((one) => [one.date, one]));
  const told = (of: (one: (typeof days)[number]) => number | null | undefined) =>
    days.flatMap((one) => {
      const value = of(one);
      return value == null ? [] : [{ date: one.date, value }];
    });
  const forecast = told((one) => one.forecast);
  const baseline = told((one) => one.baseline?.value);
  // A rolling goal's days are windows of their own; those of others add up from nothing.
  const rolling = uplift.rolling_days != null;
  const zero = rolling ? [] : [{ date: start, value: 0 }];
  return (
    <ChartFrame
      title="Forecast, baseline and actual"
      level={3}
      summary={linesInWords(uplift)}
      height={HEIGHT}
      legend={
        <>
          <Key tone="actual">actual</Key>
          <Key tone="baseline">baseline, as control implies it</Key>
          <Key tone="box band">its 95 % interval</Key>
          {forecast.length > 0 && (
            <Key tone="predicted">{rolling ? "forecast of the night" : "forecast of day 0"}</Key>
          )}
        </>
      }
      table={{
        head: [rolling ? "Window after" : "Day", "Actual", "Baseline", "95 % certain", "Forecast"],
        rows: days.map((one) => [
          day(one.date),
          count(one.actual),
          count(one.baseline?.value),
          one.baseline?.low95 != null && one.baseline.high95 != null
            ? range(one.baseline.low95, one.baseline.high95)
            : "–",
          count(one.forecast),
        ]),
      }}
    >
      {(width) => (
        <TimeChart
          width={width}
          height={HEIGHT}
          from={rolling ? first.date : start}
          to={last.date}
          bands={[
            {
              tone: "band",
              points: days.flatMap((one) =>
                one.baseline?.low95 != null && one.baseline.high95 != null
                  ? [{ date: one.date, low: one.baseline.low95, high: one.baseline.high95 }]
                  : [],
              ),
            },
          ]}
          lines={[
            ...(forecast.length > 0 ? [{ tone: "predicted", points: [...zero, ...forecast] }] : []),
            { tone: "baseline", points: [...zero, ...baseline] },
            { tone: "actual", tip: true, points: [...zero, ...told((one) => one.actual)] },
          ]}
          label={`Members of the test arm, ${shortDay(start)} to ${shortDay(last.date)}.`}
          read={(date) => {
            const one = known.get(date);
            if (!one) return [["Start", "0"]];
            return [
              ["Actual", count(one.actual)],
              ["Baseline", count(one.baseline?.value)],
              ["Forecast", count(one.forecast)],
              ["From baseline to actual", asUsers(one.incremental)],
            ];
          }}
        />
      )}
    </ChartFrame>
  );
}

/** What each night said of the effect, with the interval that allows for having looked before. */
export function LooksChart({ uplift }: { uplift: Uplift }) {
  const rolling = uplift.rolling_days != null;
  const looks = uplift.by_day.flatMap((one) =>
    one.incremental?.value != null ? [{ date: one.date, ...one.incremental }] : [],
  );
  const first = looks[0];
  const last = looks.at(-1);
  if (!first || !last) return null;
  const reach = Math.max(Math.abs(last.low95 ?? 0), Math.abs(last.high95 ?? 0), 1) * BAND_CUT;
  const cut = (value: number) => Math.min(reach, Math.max(-reach, value));
  const known = new Map(looks.map((one) => [one.date, one]));
  const holds = (last.low95 ?? -1) <= 0 && (last.high95 ?? 1) >= 0;
  return (
    <ChartFrame
      title={rolling ? "Incremental users, window by window" : "Incremental users, look by look"}
      level={3}
      summary={`The newest look: ${asUsers(last)}. ${
        holds ? "The interval holds 0, so it may be chance." : "The interval leaves 0 out."
      }`}
      height={HEIGHT}
      legend={
        <>
          <Key tone="incremental">members of test who did it, less the baseline</Key>
          <Key tone="box band">
            {rolling ? "95 %, one look per window" : "95 %, for a look every night"}
          </Key>
          <Key tone="target">no effect</Key>
        </>
      }
      table={{
        head: ["Look of", "Incremental users", "95 % certain"],
        rows: looks.map((one) => [
          day(one.date),
          signed(Math.round(one.value ?? 0)),
          interval(one, (n) => signed(Math.round(n ?? 0))),
        ]),
      }}
    >
      {(width) => (
        <TimeChart
          width={width}
          height={HEIGHT}
          from={first.date}
          to={last.date}
          bands={[
            {
              tone: "band",
              points: looks.flatMap((one) =>
                one.low95 !== null && one.high95 !== null
                  ? [{ date: one.date, low: cut(one.low95), high: cut(one.high95) }]
                  : [],
              ),
            },
          ]}
          lines={[
            {
              tone: "incremental",
              tip: true,
              points: looks.map((one) => ({ date: one.date, value: cut(one.value ?? 0) })),
            },
          ]}
          rule={{ value: 0, label: "" }}
          label={`Incremental users by look, ${shortDay(first.date)} to ${shortDay(last.date)}.`}
          read={(date) => [["Incremental users", asUsers(known.get(date))]]}
        />
      )}
    </ChartFrame>
  );
}
