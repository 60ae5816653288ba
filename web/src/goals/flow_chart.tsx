/** How members moved between buckets, a night at a time. */
import { ChevronLeft, ChevronRight } from "lucide-preact";
import { useState } from "preact/hooks";
import type { Progress } from "../api/resources";
import { ChartFrame } from "../charts/frame";
import { day, shortDay } from "../format/dates";
import { count, counted } from "../format/numbers";
import { placeLabel } from "./buckets";
import { layOut, type Night, nights, spread } from "./movement";

const HEIGHT = 300;
const SIDE = 148;
const NARROW_SIDE = 114;
const BAR = 10;
/** Height of a label of two lines. */
const LABEL = 38;

/** `goal` is given where its users may be seen. */
export function FlowChart({ progress, goal }: { progress: Progress; goal: string | null }) {
  const all = nights(progress.days, progress.direction);
  const [chosen, setChosen] = useState<number | null>(null);
  const at = Math.min(chosen ?? all.length - 1, all.length - 1);
  const night = all[at];
  if (!night) return null;
  return (
    <ChartFrame
      title="How buckets moved"
      summary={
        <>
          {inWords(night)} {goal && <a href={`/goals/${goal}/changes/${night.date}`}>Who moved</a>}
        </>
      }
      height={HEIGHT}
      tools={
        <div class="stepper">
          <button
            type="button"
            class="button plain icon"
            aria-label="The night before"
            disabled={at === 0}
            onClick={() => setChosen(at - 1)}
          >
            <ChevronLeft size={17} aria-hidden="true" />
          </button>
          <label>
            <span class="hidden-visually">Night</span>
            <select
              class="input auto"
              value={at}
              onChange={(event) => setChosen(Number(event.currentTarget.value))}
            >
              {all.map((one, n) => (
                <option key={one.date} value={n}>
                  {shortDay(one.date)}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            class="button plain icon"
            aria-label="The night after"
            disabled={at === all.length - 1}
            onClick={() => setChosen(at + 1)}
          >
            <ChevronRight size={17} aria-hidden="true" />
          </button>
        </div>
      }
      table={{
        head: ["From", "To", "Members"],
        rows: night.flows.map((one) => [
          placeLabel(one.from),
          placeLabel(one.to),
          count(one.users),
        ]),
      }}
    >
      {(width) => <Drawing night={night} width={width} />}
    </ChartFrame>
  );
}

function Drawing({ night, width }: { night: Night; width: number }) {
  const { left, right, ribbons } = layOut(night);
  const side = width < 520 ? NARROW_SIDE : SIDE;
  const x0 = side;
  const x1 = width - side;
  const middle = (x0 + x1) / 2;
  const h = (part: number) => part * (HEIGHT - 4) + 2;
  const places = (bars: readonly { y: number; thick: number }[]) =>
    spread(
      bars.map((bar) => h(bar.y + bar.thick / 2) - 2),
      [13, HEIGHT - 22],
      LABEL,
    );
  const leftLabels = places(left);
  const rightLabels = places(right);
  return (
    <svg width={width} height={HEIGHT} class="flow" aria-hidden="true">
      {ribbons.map((one) => {
        const [a, b, t] = [h(one.y0), h(one.y1), Math.max(1, h(one.thick) - 2)];
        const d = `M${x0},${a}C${middle},${a} ${middle},${b} ${x1},${b}V${b + t}C${middle},${b + t} ${middle},${a + t} ${x0},${a + t}Z`;
        return (
          <path
            key={one.from + one.to}
            class={`ribbon ${one.from === one.to ? "still" : "moved"} ${one.to}`}
            d={d}
          />
        );
      })}
      {left.map((bar, n) => {
        const y = leftLabels[n] ?? 0;
        const name = placeLabel(bar.place);
        return (
          <g key={bar.place}>
            <rect
              class={`flow-bar ${bar.place}`}
              x={x0 - BAR}
              y={h(bar.y)}
              width={BAR}
              height={Math.max(1.5, h(bar.thick) - 2)}
              rx={2}
            />
            <text class="flow-name" x={0} y={y}>
              {name}
            </text>
            <text class="flow-users" x={0} y={y + 17}>
              {count(bar.users)}
            </text>
          </g>
        );
      })}
      {right.map((bar, n) => {
        const y = rightLabels[n] ?? 0;
        const name = placeLabel(bar.place);
        return (
          <g key={bar.place}>
            <rect
              class={`flow-bar ${bar.place}`}
              x={x1}
              y={h(bar.y)}
              width={BAR}
              height={Math.max(1.5, h(bar.thick) - 2)}
              rx={2}
            />
            <text class="flow-name" x={width} y={y} text-anchor="end">
              {name}
            </text>
            <text class="flow-users" x={width} y={y + 17} text-anchor="end">
              {count(bar.users)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

function inWords(night: Night): string {
  const moved = night.flows.filter((one) => one.from !== one.to);
  const did = moved
    .filter((one) => one.to === "achieved" || one.to === "lost")
    .reduce((sum, one) => sum + one.users, 0);
  const changed = moved.reduce((sum, one) => sum + one.users, 0) - did;
  return `In the night of ${day(night.date)}, ${counted(changed, "open member")} changed bucket, and ${count(did)} did it that day.`;
}
