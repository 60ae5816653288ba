/** The size of a segment by day. */
import { useState } from "preact/hooks";
import { type Segment, useEvents, useTrend } from "../api/resources";
import { ChartFrame } from "../charts/frame";
import { TimeChart } from "../charts/time";
import { addDays, day } from "../format/dates";
import { count, counted, percent } from "../format/numbers";
import { Notice, ProblemNotice } from "../parts/notice";
import { Segmented } from "../parts/segmented";
import { SkeletonCard } from "../parts/skeleton";

const TREND_HEIGHT = 260;
const RANGES = { "30": "30 days", "90": "90 days", "365": "1 year" } as const;
type Range = keyof typeof RANGES;

export function TrendCard({ segment }: { segment: Segment }) {
  const [range, setRange] = useState<Range>("30");
  const watermark = useEvents().data?.watermark ?? undefined;
  const from = watermark && addDays(watermark, 1 - Number(range));
  const trend = useTrend(watermark ? segment.id : null, from, watermark);
  const points = trend.data?.points ?? [];
  const first = points[0];
  const last = points.at(-1);
  if (trend.problem && !trend.data) {
    return <ProblemNotice problem={trend.problem} retry={trend.refresh} />;
  }
  if (!first || !last) {
    return <SkeletonCard height={TREND_HEIGHT + 130} label="The trend is being counted" />;
  }
  const moved = first.users ? last.users / first.users - 1 : null;
  const summary = `${count(last.users)} users on ${day(last.date)}, ${
    moved === null || last.users === first.users
      ? "as many as"
      : `${percent(Math.abs(moved))} ${moved > 0 ? "more" : "fewer"} than`
  } on ${day(first.date)}.`;
  const byDay = new Map(points.map((one) => [one.date, one]));
  return (
    <section class="card">
      <ChartFrame
        title="Size by day"
        summary={summary}
        height={TREND_HEIGHT}
        tools={
          <Segmented
            label="Range"
            value={range}
            options={Object.entries(RANGES) as [Range, string][]}
            onChange={setRange}
          />
        }
        table={{
          head: ["Day", "Users", "Change"],
          rows: points
            .map((one, n) => [
              day(one.date),
              `${one.estimated ? "≈ " : ""}${count(one.users)}`,
              n === 0 ? "–" : count(one.users - (points[n - 1]?.users ?? 0)),
            ])
            .reverse(),
        }}
      >
        {(width) => (
          <TimeChart
            width={width}
            height={TREND_HEIGHT}
            from={first.date}
            to={last.date}
            zero={false}
            lines={[
              {
                tone: "size",
                tip: true,
                points: points.map((one) => ({ date: one.date, value: one.users })),
              },
            ]}
            label={summary}
            read={(date) => {
              const point = byDay.get(date);
              return [["Users", point ? count(point.users) : "not counted yet"]];
            }}
          />
        )}
      </ChartFrame>
      {trend.data && trend.data.missing.length > 0 && (
        <Notice title={`${counted(trend.data.missing.length, "day")} not counted yet`}>
          <p>A request counts as many days as it has time for.</p>
          <p>
            <button type="button" class="button small" onClick={trend.refresh}>
              {trend.loading ? "Counting…" : "Count on"}
            </button>
          </p>
        </Notice>
      )}
      {trend.data?.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          <p>{warning}</p>
        </Notice>
      ))}
    </section>
  );
}
