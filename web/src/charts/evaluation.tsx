import { line } from "d3-shape";
import { count, percent } from "../format/numbers";
import type { Decile } from "../goals/quality";
import { ChartFrame, Key } from "./frame";
import { linear, type Scale } from "./scale";

const HEIGHT = 280;
const MARGIN = { top: 10, right: 14, bottom: 40, left: 48 };

export interface ReliabilityPoint {
  users: number;
  predicted: number;
  rate: number | null;
  low95?: number | null;
  high95?: number | null;
}

/** Predicted likelihood across, the share that did it up: on the diagonal they mean what they say. */
export function ReliabilityChart({
  title,
  rows,
}: {
  title: string;
  rows: readonly ReliabilityPoint[];
}) {
  const shown = rows.filter((one) => one.rate !== null);
  const top = Math.max(0.05, ...shown.map((one) => Math.max(one.predicted, one.rate ?? 0)));
  const off = shown.reduce(
    (worst, one) => Math.max(worst, Math.abs((one.rate ?? 0) - one.predicted)),
    0,
  );
  return (
    <ChartFrame
      title={title}
      level={3}
      summary={`Users in ten groups by likelihood. The group furthest off is off by ${percent(off)}.`}
      height={HEIGHT}
      table={{
        head: ["Likelihood given", "Did it", "Users"],
        rows: shown.map((one) => [percent(one.predicted), percent(one.rate), count(one.users)]),
      }}
    >
      {(width) => {
        const x = linear([0, top], [MARGIN.left, width - MARGIN.right], 4);
        const y = linear([0, top], [HEIGHT - MARGIN.bottom, MARGIN.top], 4);
        const end = Math.min(x.ticks.at(-1) ?? 1, y.ticks.at(-1) ?? 1);
        return (
          <svg width={width} height={HEIGHT} aria-hidden="true">
            <Axes x={x} y={y} width={width} across="likelihood given" up="did it" />
            <line class="diagonal" x1={x(0)} y1={y(0)} x2={x(end)} y2={y(end)} />
            {shown.map((one) => (
              <g key={one.predicted}>
                {one.low95 != null && one.high95 != null && (
                  <line
                    class="error"
                    x1={x(one.predicted)}
                    x2={x(one.predicted)}
                    y1={y(Math.min(end, one.high95))}
                    y2={y(one.low95)}
                  />
                )}
                <circle class="dot" cx={x(one.predicted)} cy={y(one.rate ?? 0)} r={5} />
              </g>
            ))}
          </svg>
        );
      }}
    </ChartFrame>
  );
}

/** Share of users reached across, share of those who did it up: how much reaching the likely ones first brings. */
export function GainsChart({ deciles }: { deciles: readonly Decile[] }) {
  const third = deciles.find((one) => one.top >= 0.29);
  return (
    <ChartFrame
      title="Reaching the likely ones first"
      level={3}
      summary={
        third
          ? `The likeliest ${percent(third.top)} of users held ${percent(third.gain)} of those who did it.`
          : "How many of those who did it the likeliest users held."
      }
      height={HEIGHT}
      legend={
        <>
          <Key tone="predicted">by likelihood</Key>
          <Key tone="dashed">in any order</Key>
        </>
      }
      table={{
        head: ["Likeliest", "Hold of those who did it", "Rate of this tenth", "Lift"],
        rows: deciles.map((one) => [
          percent(one.top),
          percent(one.gain),
          percent(one.rate),
          `${one.lift.toFixed(1)}×`,
        ]),
      }}
    >
      {(width) => {
        const x = linear([0, 1], [MARGIN.left, width - MARGIN.right], 5);
        const y = linear([0, 1], [HEIGHT - MARGIN.bottom, MARGIN.top], 5);
        const points = [{ top: 0, gain: 0 }, ...deciles];
        const d = line<{ top: number; gain: number }>(
          (one) => x(one.top),
          (one) => y(one.gain),
        )(points);
        return (
          <svg width={width} height={HEIGHT} aria-hidden="true">
            <Axes x={x} y={y} width={width} across="users reached" up="of those who did it" />
            <line class="diagonal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
            <path class="line predicted" d={d ?? ""} />
            {deciles.map((one) => (
              <circle key={one.top} class="dot" cx={x(one.top)} cy={y(one.gain)} r={3.5} />
            ))}
          </svg>
        );
      }}
    </ChartFrame>
  );
}

function Axes({
  x,
  y,
  width,
  across,
  up,
}: {
  x: Scale;
  y: Scale;
  width: number;
  across: string;
  up: string;
}) {
  return (
    <>
      {y.ticks.map((tick) => (
        <g key={tick}>
          <line class="grid" x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} />
          <text class="tick" x={MARGIN.left - 8} y={y(tick)} dy="0.34em" text-anchor="end">
            {percent(tick)}
          </text>
        </g>
      ))}
      {x.ticks.map((tick) => (
        <text class="tick" key={tick} x={x(tick)} y={HEIGHT - 22} text-anchor="middle">
          {percent(tick)}
        </text>
      ))}
      <text class="tick axis" x={width - MARGIN.right} y={HEIGHT - 4} text-anchor="end">
        {across} →
      </text>
      <text class="tick axis" x={MARGIN.left + 6} y={MARGIN.top + 10}>
        ↑ {up}
      </text>
    </>
  );
}
