import { area, curveMonotoneX, line } from "d3-shape";
import { useRef, useState } from "preact/hooks";
import { daysBetween, daysOf, shortDay, weekday } from "../format/dates";
import { compact } from "../format/numbers";
import { linear, thin } from "./scale";

export interface Band {
  tone: string;
  points: readonly { date: string; low: number; high: number }[];
}
export interface Line {
  tone: string;
  points: readonly { date: string; value: number }[];
  /** Mark the last point. */
  tip?: boolean;
}
export interface Rule {
  value: number;
  label: string;
}
/** What is thought of one day, as seen from now: a dot with its intervals. */
export interface Whisker {
  date: string;
  value: number;
  low80: number;
  high80: number;
  low95: number;
  high95: number;
}
export interface Marker {
  date: string;
  label: string;
}

const MARGIN = { top: 14, right: 18, bottom: 28, left: 46 };

/**
 * Values by day: bands, lines, a wanted number, markers. With the pointer or the arrow keys one day
 * is read out; `read` says what stands there.
 */
export function TimeChart({
  width,
  height,
  from,
  to,
  bands = [],
  lines,
  rule,
  whisker,
  markers = [],
  zero = true,
  label,
  read,
}: {
  width: number;
  height: number;
  from: string;
  to: string;
  bands?: readonly Band[];
  lines: readonly Line[];
  rule?: Rule | undefined;
  whisker?: Whisker | undefined;
  markers?: readonly Marker[];
  zero?: boolean;
  label: string;
  read: (date: string) => readonly (readonly [string, string])[];
}) {
  const [at, setAt] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const days = daysOf(from, to);
  const values = [
    ...bands.flatMap((band) => band.points.flatMap((p) => [p.low, p.high])),
    ...lines.flatMap((one) => one.points.map((p) => p.value)),
    ...(rule ? [rule.value] : []),
    ...(whisker ? [whisker.low95, whisker.high95] : []),
  ];
  const high = Math.max(1, ...values);
  const lowest = Math.min(...values, high);
  const low = zero ? Math.min(0, lowest) : lowest;
  const pad = zero ? 0 : Math.max(1, (high - low) * 0.25);
  const y = linear(
    [lowest < 0 ? low - pad : Math.max(0, low - pad), high + pad],
    [height - MARGIN.bottom, MARGIN.top],
    height > 200 ? 5 : 3,
  );
  const inner = width - MARGIN.left - MARGIN.right;
  const step = inner / Math.max(1, days.length - 1);
  const x = (date: string) => MARGIN.left + daysBetween(from, date) * step;
  const within = (date: string) => date >= from && date <= to;
  const shows = thin(days.length, inner, 58);

  const toLine = line<{ date: string; value: number }>()
    .x((p) => x(p.date))
    .y((p) => y(p.value))
    .curve(curveMonotoneX);
  const toArea = area<{ date: string; low: number; high: number }>()
    .x((p) => x(p.date))
    .y0((p) => y(p.low))
    .y1((p) => y(p.high))
    .curve(curveMonotoneX);

  const point = (clientX: number) => {
    const left = box.current?.getBoundingClientRect().left ?? 0;
    const index = Math.round((clientX - left - MARGIN.left) / step);
    setAt(Math.min(days.length - 1, Math.max(0, index)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const last = days.length - 1;
    const now = at ?? last;
    const next = {
      ArrowLeft: Math.max(0, now - 1),
      ArrowRight: Math.min(last, now + 1),
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === "Escape") setAt(null);
    if (next === undefined) return;
    event.preventDefault();
    setAt(at === null ? last : next);
  };
  const readDay = at === null ? undefined : days[at];
  return (
    <div
      ref={box}
      class="time-chart"
      style={{ height: `${height}px` }}
      role="group"
      // Arrow keys move through the days.
      tabIndex={0}
      aria-label={`${label} Arrow keys read single days.`}
      onKeyDown={onKeyDown}
      onPointerMove={(event) => point(event.clientX)}
      onPointerLeave={() => setAt(null)}
      onBlur={() => setAt(null)}
    >
      <svg width={width} height={height} aria-hidden="true">
        {y.ticks.map((tick) => (
          <g key={tick}>
            <line
              class="grid"
              x1={MARGIN.left}
              x2={width - MARGIN.right}
              y1={y(tick)}
              y2={y(tick)}
            />
            <text class="tick" x={MARGIN.left - 10} y={y(tick)} dy="0.34em" text-anchor="end">
              {compact(tick)}
            </text>
          </g>
        ))}
        {days.map(
          (date, n) =>
            shows(n) && (
              <text
                class="tick"
                key={date}
                x={x(date)}
                y={height - 8}
                text-anchor={n === days.length - 1 && n > 0 ? "end" : n === 0 ? "start" : "middle"}
              >
                {shortDay(date)}
              </text>
            ),
        )}
        {bands.map((band) => (
          <path key={band.tone} class={`area ${band.tone}`} d={toArea(band.points) ?? ""} />
        ))}
        {rule && (
          <g class="rule">
            <line
              x1={MARGIN.left}
              x2={width - MARGIN.right}
              y1={y(rule.value)}
              y2={y(rule.value)}
            />
            <text x={MARGIN.left + 6} y={y(rule.value) - 7}>
              {rule.label}
            </text>
          </g>
        )}
        {markers
          .filter((one) => within(one.date))
          .map((one) => (
            <g class="marker" key={one.date + one.label}>
              <line x1={x(one.date)} x2={x(one.date)} y1={MARGIN.top} y2={height - MARGIN.bottom} />
              <path d={`M${x(one.date) - 5},${MARGIN.top - 8}h10l-5,8Z`} />
            </g>
          ))}
        {lines.map((one) => (
          <path key={one.tone} class={`line ${one.tone}`} d={toLine(one.points) ?? ""} />
        ))}
        {whisker && within(whisker.date) && (
          <g class="whisker" transform={`translate(${x(whisker.date)},0)`}>
            <line class="wide" y1={y(whisker.low95)} y2={y(whisker.high95)} />
            <line class="narrow" y1={y(whisker.low80)} y2={y(whisker.high80)} />
            <circle cy={y(whisker.value)} r={4.5} />
          </g>
        )}
        {lines
          .filter((one) => one.tip)
          .map((one) => {
            const tip = one.points.at(-1);
            return (
              tip && (
                <circle
                  key={one.tone}
                  class={`tip ${one.tone}`}
                  cx={x(tip.date)}
                  cy={y(tip.value)}
                  r={4.5}
                />
              )
            );
          })}
        {readDay && (
          <line
            class="crosshair"
            x1={x(readDay)}
            x2={x(readDay)}
            y1={MARGIN.top}
            y2={height - MARGIN.bottom}
          />
        )}
      </svg>
      <div
        class="chart-reading"
        aria-live="polite"
        hidden={!readDay}
        style={
          readDay
            ? x(readDay) < width / 2
              ? { left: `${x(readDay) + 12}px` }
              : { right: `${width - x(readDay) + 12}px` }
            : {}
        }
      >
        {readDay && (
          <>
            <p class="strong">{weekday(readDay)}</p>
            <dl>
              {read(readDay).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </>
        )}
      </div>
    </div>
  );
}
