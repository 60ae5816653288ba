import { area, curveMonotoneX, line } from "d3-shape";

/** A small line without axes. What it says must stand beside it in words. */
export function Sparkline({
  values,
  width = 132,
  height = 34,
  least = 1,
}: {
  values: readonly number[];
  /** A smaller spread of values than this is drawn as flat as it is. */
  least?: number;
  width?: number;
  height?: number;
}) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const spread = Math.max(high - low, high * 0.02, least);
  const middle = (high + low) / 2;
  const x = (n: number) => 2 + (n / Math.max(1, values.length - 1)) * (width - 6);
  const y = (value: number) => height / 2 - ((value - middle) / spread) * (height - 8);
  const points = [...values];
  const d = line<number>((_, n) => x(n), y).curve(curveMonotoneX)(points) ?? "";
  const fill =
    area<number>(
      (_, n) => x(n),
      height,
      (v) => y(v),
    ).curve(curveMonotoneX)(points) ?? "";
  const last = values.at(-1);
  return (
    <svg class="sparkline" width={width} height={height} aria-hidden="true">
      <path class="spark-area" d={fill} />
      <path class="spark-line" d={d} />
      {last !== undefined && <circle cx={x(values.length - 1)} cy={y(last)} r={2.6} />}
    </svg>
  );
}
