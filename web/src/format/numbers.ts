/** Numbers as people read them. Every figure of the console goes through here. */

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat("en-GB", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
const anyDecimals = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 6 });
const compactNumber = new Intl.NumberFormat("en-GB", {
  notation: "compact",
  maximumFractionDigits: 1,
});

/** What stands where there is no number. */
export const NONE = "–";
/** A narrow space that does not break, between a number and its sign. */
const THIN = "\u202f";

/** 127,000 */
export function count(value: number | null | undefined): string {
  return value == null ? NONE : whole.format(value);
}

/** 127k; for axes, where there is no room. */
export function compact(value: number): string {
  const text = Math.abs(value) < 10_000 ? anyDecimals.format(value) : compactNumber.format(value);
  return text.replace("-", "−");
}

/** A number with the decimals that it has: amounts, settings. */
export function plain(value: number): string {
  return anyDecimals.format(value);
}

/**
 * A share of 1 as a percentage. Small shares keep a decimal, and one that is not 0 or 1 never
 * looks as if it were: "< 0.1 %", "> 99.9 %".
 */
export function percent(share: number | null | undefined): string {
  if (share == null) return NONE;
  const value = share * 100;
  if (value > 0 && value < 0.05) return `<${THIN}0.1${THIN}%`;
  if (value < 100 && value > 99.95) return `>${THIN}99.9${THIN}%`;
  const rounded = Math.abs(value) < 9.95 || (value > 99 && value < 100) ? oneDecimal : whole;
  const text = Number.isInteger(value) ? whole.format(value) : rounded.format(value);
  return `${text}${THIN}%`;
}

/** A probability in whole percents; what is not certain is never said to be. */
export function chance(probability: number | null | undefined): string {
  if (probability == null) return NONE;
  if (probability > 0 && probability < 0.01) return `<${THIN}1${THIN}%`;
  if (probability < 1 && probability > 0.99) return `>${THIN}99${THIN}%`;
  return `${Math.round(probability * 100)}${THIN}%`;
}

/** "+5 %", "−3 %": a relative change. */
export function change(share: number | null | undefined): string {
  return share == null ? NONE : `${signOf(share)}${percent(Math.abs(share))}`;
}

/** "+4.5 points": a difference of two shares. */
export function points(difference: number | null | undefined): string {
  if (difference == null) return NONE;
  return `${signOf(difference)}${Math.abs(difference * 100).toFixed(2)}`;
}

/** "+4", "−2.5": the same on an axis, with the decimals that it has. */
export function pointsTick(difference: number): string {
  return `${signOf(difference)}${plain(Math.abs(Number((difference * 100).toFixed(2))))}`;
}

/** "+12", "−3", "0" */
export function signed(value: number): string {
  return `${signOf(value)}${count(Math.abs(value))}`;
}

/** "610 to 945" */
export function range(low: number, high: number): string {
  return Math.round(low) === Math.round(high) ? count(low) : `${count(low)} to ${count(high)}`;
}

/** "between 610 and 945" */
export function between(low: number, high: number): string {
  return Math.round(low) === Math.round(high)
    ? `at ${count(low)}`
    : `between ${count(low)} and ${count(high)}`;
}

/** "610–945": where there is little room. */
export function span(low: number, high: number): string {
  return Math.round(low) === Math.round(high) ? count(low) : `${count(low)}–${count(high)}`;
}

/** "1 user", "2 users" */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? one : many}`;
}

/** 1.4 MB; powers of ten, as disks are sold. */
export function bytes(value: number | null | undefined): string {
  if (value == null) return NONE;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)}${THIN}${units[unit]}`;
}

/** 0.3 s, 12 s, 4 min 10 s */
export function seconds(value: number): string {
  if (value < 9.95) return `${value.toFixed(1)} s`;
  if (value < 90) return `${Math.round(value)} s`;
  return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

/** $0.0008: as many decimals as it takes to see something. */
export function dollars(value: number): string {
  if (value === 0) return "$0";
  return value >= 0.1 ? `$${value.toFixed(2)}` : `$${value.toPrecision(2)}`;
}

function signOf(value: number): string {
  if (value > 0) return "+";
  return value < 0 ? "−" : "";
}
