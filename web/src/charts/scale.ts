import { ticks } from "d3-array";

export interface Scale {
  (value: number): number;
  ticks: number[];
}

/**
 * A linear scale from values to pixels. The domain is widened to whole steps, so that the first and
 * the last tick hold everything.
 */
export function linear(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  steps: number,
): Scale {
  const top = high > low ? high : low + 1;
  const marks = ticks(low, top, steps);
  const step = (marks[1] ?? 1) - (marks[0] ?? 0);
  const first = Math.floor(low / step + 1e-9) * step;
  const last = Math.ceil(top / step - 1e-9) * step;
  const scale = (value: number) => from + ((value - first) / (last - first)) * (to - from);
  return Object.assign(scale, { ticks: ticks(first, last, steps) });
}

/** Which of `n` labels fit when one needs `each` of `width` pixels: every so many, from the last. */
export function thin(n: number, width: number, each: number): (index: number) => boolean {
  const every = Math.max(1, Math.ceil((n * each) / Math.max(1, width)));
  return (index) => (n - 1 - index) % every === 0;
}
