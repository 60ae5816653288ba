import { area, line } from "d3-shape";
import type { Forecast, Progress } from "../api/resources";

const WIDTH = 240;
const HEIGHT = 84;

/** A goal's fan and what came, as small as a stamp. Its words stand beside it. */
export function MiniFan({
  curve,
  days,
  target,
}: {
  curve: Forecast["curve"];
  days: Progress["days"];
  target: number | null;
}) {
  const high = Math.max(1, target ?? 0, ...curve.map((one) => one.high80), days.at(-1)?.did ?? 0);
  const x = (n: number) => 3 + ((n + 1) / Math.max(1, curve.length)) * (WIDTH - 10);
  const y = (value: number) => HEIGHT - 3 - (value / high) * (HEIGHT - 10);
  const fan = [{ low80: 0, high80: 0, value: 0 }, ...curve];
  const band = area<(typeof fan)[number]>(
    (_, n) => x(n - 1),
    (one) => y(one.low80),
    (one) => y(one.high80),
  )(fan);
  const middle = line<(typeof fan)[number]>(
    (_, n) => x(n - 1),
    (one) => y(one.value),
  )(fan);
  const came = [0, ...days.map((one) => one.did)];
  const actual = line<number>((_, n) => x(n - 1), y)(came);
  return (
    <svg class="mini-fan" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      <path class="area" d={band ?? ""} />
      <path class="line predicted" d={middle ?? ""} />
      {target !== null && (
        <g class="rule">
          <line x1={3} x2={WIDTH - 7} y1={y(target)} y2={y(target)} />
        </g>
      )}
      {days.length > 0 && (
        <>
          <path class="line actual" d={actual ?? ""} />
          <circle class="tip actual" cx={x(days.length - 1)} cy={y(came.at(-1) ?? 0)} r={3.5} />
        </>
      )}
    </svg>
  );
}
