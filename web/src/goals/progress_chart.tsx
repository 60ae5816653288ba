/** Predicted beside actual, day by day, with the wanted number and what is expected in the end. */
import type { Forecast, Goal, Progress } from "../api/resources";
import { ChartFrame, Key } from "../charts/frame";
import { type Marker, TimeChart, type Whisker } from "../charts/time";
import { addDays, day, shortDay } from "../format/dates";
import { count, range } from "../format/numbers";

type Curve = Forecast["curve"];

export const CHART_HEIGHT = 330;

export interface Baseline {
  name: string;
  points: readonly { date: string; value: number }[];
}

export function ProgressChart({
  title,
  level,
  curve,
  asOf,
  days = [],
  target,
  whisker,
  markers = [],
  baseline,
  summary,
}: {
  title: string;
  level?: 2 | 3;
  curve: Curve;
  /** The day before the first: everybody starts from 0. */
  asOf: string;
  days?: Progress["days"];
  target?: Goal["target"] | undefined;
  whisker?: Whisker | undefined;
  markers?: readonly Marker[];
  baseline?: Baseline | undefined;
  summary: string;
}) {
  const first = curve[0];
  const last = curve.at(-1);
  if (!first || !last) return null;
  const start = first.date > asOf ? addDays(first.date, -1) : asOf;
  const predicted = new Map(curve.map((one) => [one.date, one]));
  const came = new Map(days.map((one) => [one.date, one]));
  const base = new Map(baseline?.points.map((one) => [one.date, one.value]));
  const wanted = target && target.metric === "users" ? target.value : null;
  const marks = new Map<string, string[]>();
  for (const one of markers) marks.set(one.date, [...(marks.get(one.date) ?? []), one.label]);
  const read = (date: string): [string, string][] => {
    const said = predicted.get(date);
    const actual = came.get(date);
    const rows: [string, string][] = [];
    if (date === start) rows.push(["Start", "0"]);
    if (actual) rows.push(["Did it", count(actual.did)]);
    if (said) rows.push(["Predicted", count(said.value)]);
    if (said) rows.push(["80 % certain", range(said.low80, said.high80)]);
    const control = base.get(date);
    if (baseline && control !== undefined) rows.push([baseline.name, count(control)]);
    if (actual?.ending) rows.push(["Then expected in the end", count(actual.ending.value)]);
    for (const text of marks.get(date) ?? []) rows.push(["Engaged", text]);
    return rows;
  };
  return (
    <ChartFrame
      title={title}
      {...(level ? { level } : {})}
      summary={summary}
      height={CHART_HEIGHT}
      legend={
        <>
          {days.length > 0 && <Key tone="actual">did it</Key>}
          <Key tone="predicted">predicted on day 0</Key>
          <Key tone="fan80">80 % certain</Key>
          {baseline && <Key tone="baseline">{baseline.name}</Key>}
          {wanted !== null && <Key tone="target">wanted</Key>}
        </>
      }
      table={{
        head: [
          "Day",
          ...(days.length > 0 ? ["Did it"] : []),
          "Predicted",
          "80 % certain",
          ...(baseline ? [baseline.name] : []),
          ...(days.length > 0 ? ["Expected in the end"] : []),
        ],
        rows: curve.map((one) => {
          const actual = came.get(one.date);
          return [
            day(one.date),
            ...(days.length > 0 ? [count(actual?.did)] : []),
            count(one.value),
            range(one.low80, one.high80),
            ...(baseline ? [count(base.get(one.date))] : []),
            ...(days.length > 0 ? [count(actual?.ending?.value)] : []),
          ];
        }),
      }}
    >
      {(width) => (
        <TimeChart
          width={width}
          height={CHART_HEIGHT}
          from={start}
          to={last.date}
          bands={[
            {
              tone: "fan80",
              points: [
                { date: start, low: 0, high: 0 },
                ...curve.map((one) => ({ date: one.date, low: one.low80, high: one.high80 })),
              ],
            },
          ]}
          lines={[
            { tone: "predicted", points: [{ date: start, value: 0 }, ...curve] },
            ...(baseline ? [{ tone: "baseline", points: baseline.points }] : []),
            ...(days.length > 0
              ? [
                  {
                    tone: "actual",
                    tip: true,
                    points: [
                      { date: start, value: 0 },
                      ...days.map((one) => ({ date: one.date, value: one.did })),
                    ],
                  },
                ]
              : []),
          ]}
          rule={wanted === null ? undefined : { value: wanted, label: `wanted ${count(wanted)}` }}
          whisker={whisker}
          markers={markers}
          label={`${summary} ${shortDay(start)} to ${shortDay(last.date)}.`}
          read={read}
        />
      )}
    </ChartFrame>
  );
}
