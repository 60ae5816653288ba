import { ChartFrame, Key } from "./frame";
import { linear } from "./scale";

export interface ForestRow {
  id: string;
  label: string;
  /** What stands small below the label. */
  note?: string;
  value: number | null;
  low: number | null;
  high: number | null;
  tone: "good" | "bad" | "neutral";
  /** The same in words, at the right. */
  told: string;
}

const ROW = 46;
const FOOT = 40;

/**
 * Estimates with their 95 % intervals, one below the other, around the line of no effect. Intervals
 * that leave the drawing end in an arrow.
 */
export function ForestChart({
  title,
  level = 3,
  summary,
  axis,
  tick,
  rows,
  head,
}: {
  title: string;
  level?: 2 | 3;
  summary: string;
  /** What is measured, at the foot. */
  axis: string;
  tick: (value: number) => string;
  rows: readonly ForestRow[];
  /** Names of the columns of the table: what a row is, then what its words say. */
  head: readonly [string, string, string];
}) {
  const height = rows.length * ROW + FOOT;
  return (
    <ChartFrame
      title={title}
      level={level}
      summary={summary}
      height={height}
      legend={<Key tone="box neutral-effect">value and 95 % interval; holds 0: may be chance</Key>}
      table={{ head, rows: rows.map((one) => [one.label, one.note ?? "–", one.told]) }}
    >
      {(width) => <Drawing {...{ width, height, rows, axis, tick }} />}
    </ChartFrame>
  );
}

function Drawing({
  width,
  height,
  rows,
  axis,
  tick,
}: {
  width: number;
  height: number;
  rows: readonly ForestRow[];
  axis: string;
  tick: (value: number) => string;
}) {
  const narrow = width < 560;
  const left = narrow ? 124 : 230;
  const right = narrow ? 8 : 190;
  const most = furthest(rows);
  const x = linear([-most, most], [left + 8, width - right - 8], narrow ? 3 : 6);
  const ends: readonly [number, number] = [left, width - right];
  const within = (value: number) => Math.min(ends[1], Math.max(ends[0], x(value)));
  return (
    <svg width={width} height={height} class="forest" aria-hidden="true">
      {x.ticks.map((value) => (
        <g key={value}>
          <line
            class={value === 0 ? "no-effect" : "grid"}
            x1={x(value)}
            x2={x(value)}
            y1={0}
            y2={height - FOOT + 4}
          />
          <text class="tick" x={x(value)} y={height - FOOT + 20} text-anchor="middle">
            {tick(value)}
          </text>
        </g>
      ))}
      <text class="tick axis" x={x(0)} y={height - 3} text-anchor="middle">
        {axis}
      </text>
      {rows.map((one, n) => {
        const y = n * ROW + ROW / 2;
        const a = one.low === null ? ends[0] : within(one.low);
        const b = one.high === null ? ends[1] : within(one.high);
        return (
          <g key={one.id} class={`effect ${one.tone}`}>
            <text class="forest-label" x={0} y={y} dy={one.note && !narrow ? "-0.15em" : "0.34em"}>
              {cut(one.label, narrow ? 18 : 32)}
            </text>
            {one.note && !narrow && (
              <text class="tick" x={0} y={y} dy="1.15em">
                {cut(one.note, 40)}
              </text>
            )}
            {one.value !== null && (
              <>
                <line x1={a} x2={b} y1={y} y2={y} />
                <End at={a} y={y} open={one.low === null || x(one.low) < ends[0]} side={-1} />
                <End at={b} y={y} open={one.high === null || x(one.high) > ends[1]} side={1} />
                <circle cx={within(one.value)} cy={y} r={5} />
              </>
            )}
            {!narrow && (
              <text class="forest-told" x={width} y={y} dy="0.34em" text-anchor="end">
                {one.told}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

function End({ at, y, open, side }: { at: number; y: number; open: boolean; side: 1 | -1 }) {
  return open ? (
    <path class="arrow" d={`M${at - 6 * side},${y - 5}L${at},${y}L${at - 6 * side},${y + 5}`} />
  ) : (
    <line x1={at} x2={at} y1={y - 4} y2={y + 4} />
  );
}

/**
 * How far the drawing reaches to either side: to the furthest value and the usual interval, so that
 * one small group does not press all others together.
 */
function furthest(rows: readonly ForestRow[]): number {
  const values = rows.flatMap((one) => (one.value === null ? [] : [Math.abs(one.value)]));
  const reach = rows
    .map((one) => Math.max(Math.abs(one.low ?? 0), Math.abs(one.high ?? 0)))
    .sort((a, b) => a - b);
  const usual = reach[Math.floor((reach.length - 1) * 0.75)] ?? 0;
  return Math.max(usual, ...values) || 0.01;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
