import { day, shortDay } from "../format/dates";
import { change, count } from "../format/numbers";
import type { Origin } from "../goals/quality";
import { ChartFrame, Key } from "./frame";
import { linear } from "./scale";

const ROW = 34;
const LEFT = 64;

/** Past forecasts beside what came: a row for each day asked, newest first. */
export function BacktestChart({ origins }: { origins: readonly Origin[] }) {
  const height = origins.length * ROW + 26;
  return (
    <ChartFrame
      title="Past forecasts beside what came"
      level={3}
      summary="The same question, asked on earlier days with what was known then."
      height={height}
      legend={
        <>
          <Key tone="box predicted">forecast</Key>
          <Key tone="box actual">what came</Key>
        </>
      }
      table={{
        head: ["Asked on", "Forecast", "What came", "Forecast off by"],
        rows: origins.map((one) => [
          day(one.as_of),
          count(one.forecast),
          count(one.actual),
          one.actual ? change(one.forecast / one.actual - 1) : "–",
        ]),
      }}
    >
      {(width) => {
        const high = Math.max(1, ...origins.flatMap((one) => [one.forecast, one.actual]));
        const x = linear([0, high], [LEFT, width - 14], 5);
        return (
          <svg width={width} height={height} aria-hidden="true">
            {x.ticks.map((tick) => (
              <g key={tick}>
                <line class="grid" x1={x(tick)} x2={x(tick)} y1={0} y2={height - 22} />
                <text class="tick" x={x(tick)} y={height - 6} text-anchor="middle">
                  {count(tick)}
                </text>
              </g>
            ))}
            {origins.map((one, n) => {
              const y = n * ROW + ROW / 2;
              return (
                <g key={one.as_of} class="dumbbell">
                  <text class="tick" x={0} y={y} dy="0.34em">
                    {shortDay(one.as_of)}
                  </text>
                  <line x1={x(one.forecast)} x2={x(one.actual)} y1={y} y2={y} />
                  <circle class="predicted" cx={x(one.forecast)} cy={y} r={5.5} />
                  <circle class="actual" cx={x(one.actual)} cy={y} r={5.5} />
                </g>
              );
            })}
          </svg>
        );
      }}
    </ChartFrame>
  );
}
