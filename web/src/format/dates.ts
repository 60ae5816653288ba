/**
 * Days and instants. A day of the API is a local day of the account ("2026-10-31"): it is shown as
 * it is and never moved by a time zone. An instant is UTC and shown in the account's time zone.
 */

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const WEEKDAYS = "Sun Mon Tue Wed Thu Fri Sat".split(" ");
const DAY_MS = 86_400_000;

/** "14 Oct 2017" */
export function day(iso: string | null | undefined): string {
  if (!iso) return "–";
  const [year, month, date] = iso.split("-").map(Number);
  return `${date} ${MONTHS[(month ?? 1) - 1]} ${year}`;
}

/** "14 Oct": where the year is clear. */
export function shortDay(iso: string): string {
  return day(iso).replace(/ \d{4}$/, "");
}

/** "Sat 14 Oct" */
export function weekday(iso: string): string {
  return `${WEEKDAYS[new Date(`${iso}T00:00:00Z`).getUTCDay()]} ${shortDay(iso)}`;
}

/** "1 – 14 Oct 2017", "24 Dec 2017 – 6 Jan 2018": what both ends share stands once. */
export function period(from: string, to: string): string {
  if (from === to) return day(from);
  if (from.slice(0, 7) === to.slice(0, 7)) return `${Number(from.slice(8))} – ${day(to)}`;
  return `${from.slice(0, 4) === to.slice(0, 4) ? shortDay(from) : day(from)} – ${day(to)}`;
}

/** "1 – 14 Oct", "30 Sep – 1 Oct": where the year is clear. */
export function shortPeriod(from: string, to: string): string {
  if (from === to) return shortDay(from);
  const same = from.slice(0, 7) === to.slice(0, 7);
  return `${same ? Number(from.slice(8)) : shortDay(from)} – ${shortDay(to)}`;
}

/** The day so many days later. */
export function addDays(iso: string, days: number): string {
  return new Date(Date.parse(`${iso}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Days from one day to another: 1 from a day to the next. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** Every day from one to another, both included. */
export function daysOf(from: string, to: string): string[] {
  return Array.from({ length: Math.max(0, daysBetween(from, to) + 1) }, (_, n) => addDays(from, n));
}

/** "28 Nov 2026, 09:10" in the account's time zone. */
export function instant(iso: string | null | undefined, timezone: string): string {
  if (!iso) return "–";
  return new Intl.DateTimeFormat("en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: timezone,
  }).format(new Date(iso));
}

/** The local day that an instant falls on. */
export function dayOf(iso: string | null | undefined, timezone: string): string {
  if (!iso) return "–";
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: timezone }).format(
    new Date(iso),
  );
}

/** The account's local day at an instant, as an ISO date. */
export function localToday(timezone: string, now: Date): string {
  return new Intl.DateTimeFormat("en-CA", {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    timeZone: timezone,
  }).format(now);
}

/**
 * The instant of a local time ("2026-12-01T09:00") in a time zone, with its offset. A time that a
 * clock leaves out in spring becomes the one an hour later.
 */
export function instantIn(local: string, timezone: string): string {
  const asIfUtc = Date.parse(`${local}:00Z`);
  // The offset at the first guess may be that of the other side of a change of clocks.
  const guess = asIfUtc - offsetMs(asIfUtc, timezone);
  return new Date(asIfUtc - offsetMs(guess, timezone)).toISOString();
}

/** How far the zone's clocks are ahead of UTC at an instant. */
function offsetMs(instantMs: number, timezone: string): number {
  const shown = new Intl.DateTimeFormat("en-CA", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).formatToParts(new Date(instantMs));
  const part = (type: string) => shown.find((one) => one.type === type)?.value ?? "00";
  const local = `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}Z`;
  return Date.parse(local) - instantMs;
}

/** "3 days ago", "9 years ago": how far back a day lies, in the unit that says it best. */
export function ago(days: number): string {
  const units = [
    [730, 365.25, "years"],
    [60, 30.44, "months"],
    [2, 1, "days"],
  ] as const;
  const unit = units.find(([from]) => days >= from);
  return unit ? `${Math.floor(days / unit[1])} ${unit[2]} ago` : days === 1 ? "yesterday" : "today";
}

/** A sentence of the API as people read it: days as days, and a minus that is one. */
export function typeset(sentence: string): string {
  return sentence
    .replace(/\b\d{4}-\d{2}-\d{2}\b/g, (iso) => day(iso))
    .replace(/(?<![\w.])-(?=\d)/g, "−");
}
