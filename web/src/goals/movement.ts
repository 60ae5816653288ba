/** How members moved between buckets in one night, and where they ended. */
import type { BucketName, Progress } from "../api/resources";
import { BUCKETS } from "./buckets";

export type Place = BucketName | "achieved" | "lost";

export interface Flow {
  from: BucketName;
  to: Place;
  users: number;
}

export interface Night {
  date: string;
  /** Members of each bucket when the night began. */
  before: { place: BucketName; users: number }[];
  /** Where they are after it: the buckets, and those who did it that day. */
  after: { place: Place; users: number }[];
  flows: Flow[];
}

type Days = Progress["days"];

/**
 * The nights that moved anybody. A night's transitions are those of members who stay open; who left a
 * bucket without coming into another one did it that day.
 */
export function nights(days: Days, direction: Progress["direction"]): Night[] {
  const gone: Place = direction === "maximize" ? "achieved" : "lost";
  return days.map((day, n) => {
    const yesterday = days[n - 1];
    const flows: Flow[] = [];
    const before = BUCKETS.map(({ id }) => {
      const to = day.transitions[id] ?? {};
      let stayed = 0;
      for (const target of BUCKETS) {
        const users = to[target.id] ?? 0;
        stayed += users;
        if (users > 0) flows.push({ from: id, to: target.id, users });
      }
      const users = yesterday ? (yesterday.open_by_bucket[id] ?? stayed) : day0(day, id, stayed);
      if (users > stayed) flows.push({ from: id, to: gone, users: users - stayed });
      return { place: id, users: Math.max(users, stayed) };
    });
    const left = flows.filter((one) => one.to === gone).reduce((sum, one) => sum + one.users, 0);
    const after: Night["after"] = BUCKETS.map(({ id }) => ({
      place: id,
      users: day.open_by_bucket[id] ?? 0,
    }));
    if (left > 0) after.push({ place: gone, users: left });
    return { date: day.date, before, after, flows };
  });
}

/** The bucket's members on day 0: both arms of the first night's tally. */
function day0(day: Days[number], bucket: BucketName, otherwise: number): number {
  const arms = day.by_bucket?.[bucket];
  if (!arms) return otherwise;
  return Object.values(arms).reduce((sum, arm) => sum + arm.users, 0);
}

/** By how many a bucket grew since the night before; null where there is none. */
export function grewBy(days: Days, bucket: BucketName): number | null {
  const now = days.at(-1)?.open_by_bucket[bucket];
  const before = days.at(-2)?.open_by_bucket[bucket];
  return now === undefined || before === undefined ? null : now - before;
}

export interface Ribbon extends Flow {
  /** Top edges on the left and right, and the thickness, all in parts of the whole height. */
  y0: number;
  y1: number;
  thick: number;
}
export interface Bar<P extends Place> {
  place: P;
  users: number;
  y: number;
  thick: number;
}

/** A flow drawn: bars at both sides and ribbons between, in parts of a height of 1. */
export function layOut(
  night: Night,
  gap = 0.045,
): { left: Bar<BucketName>[]; right: Bar<Place>[]; ribbons: Ribbon[] } {
  const all = Math.max(
    1,
    night.before.reduce((sum, one) => sum + one.users, 0),
  );
  const room = 1 - gap * Math.max(night.before.length - 1, night.after.length - 1);
  const stack = <P extends Place>(bars: readonly { place: P; users: number }[]): Bar<P>[] => {
    let y = 0;
    return bars.map(({ place, users }) => {
      const thick = (users / all) * room;
      const bar = { place, users, y, thick };
      y += thick + gap;
      return bar;
    });
  };
  const left = stack(night.before);
  const right = stack(night.after);
  const usedLeft = new Map(left.map((one) => [one.place as Place, one.y]));
  const usedRight = new Map(right.map((one) => [one.place, one.y]));
  const order = night.after.map((one) => one.place);
  const flows = [...night.flows].sort(
    (a, b) =>
      night.before.findIndex((one) => one.place === a.from) -
        night.before.findIndex((one) => one.place === b.from) ||
      order.indexOf(a.to) - order.indexOf(b.to),
  );
  const ribbons = flows.map((flow) => {
    const thick = (flow.users / all) * room;
    const y0 = usedLeft.get(flow.from) ?? 0;
    const y1 = usedRight.get(flow.to) ?? 0;
    usedLeft.set(flow.from, y0 + thick);
    usedRight.set(flow.to, y1 + thick);
    return { ...flow, y0, y1, thick };
  });
  return { left, right, ribbons };
}

/** Heights as near to the wanted ones as they can be with so much room between them, in order. */
export function spread(
  wanted: readonly number[],
  [top, bottom]: readonly [number, number],
  room: number,
): number[] {
  const placed: number[] = [];
  for (const y of wanted) {
    const before = placed.at(-1);
    placed.push(Math.max(y, before === undefined ? top : before + room));
  }
  let below = bottom + room;
  for (let n = placed.length - 1; n >= 0; n--) {
    below = Math.min(placed[n] as number, below - room);
    placed[n] = below;
  }
  return placed;
}
