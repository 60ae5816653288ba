import { describe, expect, test } from "vitest";
import { ownPath } from "../src/auth/session";
import { linear, thin } from "../src/charts/scale";
import {
  addDays,
  ago,
  day,
  daysBetween,
  daysOf,
  instant,
  instantIn,
  localToday,
  period,
  shortPeriod,
} from "../src/format/dates";
import {
  bytes,
  chance,
  compact,
  count,
  dollars,
  percent,
  points,
  range,
  seconds,
  signed,
} from "../src/format/numbers";
import { matching } from "../src/parts/combobox";

const bare = (text: string) => text.replaceAll("\u202f", " ");

describe("numbers", () => {
  test.each([
    [count(1234567.6), "1,234,568"],
    [count(null), "–"],
    [compact(127_000), "127k"],
    [compact(9_451), "9,451"],
    [percent(0.103), "10 %"],
    [percent(0.0412), "4.1 %"],
    [percent(0.0000001), "< 0.1 %"],
    [percent(0), "0 %"],
    [percent(1), "100 %"],
    [percent(0.99999), "> 99.9 %"],
    [percent(0.05), "5 %"],
    [chance(0.999), "> 99 %"],
    [chance(0.003), "< 1 %"],
    [chance(0), "0 %"],
    [chance(0.514), "51 %"],
    [points(-0.071), "−7.10"],
    [signed(12), "+12"],
    [signed(0), "0"],
    [range(610, 945.2), "610 to 945"],
    [range(59, 59), "59"],
    [bytes(1_612_959), "1.6 MB"],
    [bytes(999_999), "1.0 MB"],
    [bytes(0), "0 B"],
    [seconds(0.129), "0.1 s"],
    [seconds(250), "4 min 10 s"],
    [dollars(0.000484), "$0.00048"],
    [dollars(1.5), "$1.50"],
  ])("%s is %s", (shown, wanted) => {
    expect(bare(shown)).toBe(wanted);
  });
});

describe("days and instants", () => {
  test("a day is shown as it is, whatever the time zone of the machine", () => {
    expect(day("2017-10-14")).toBe("14 Oct 2017");
  });
  test.each([
    ["2017-10-01", "2017-10-14", "1 – 14 Oct 2017"],
    ["2017-09-30", "2017-10-14", "30 Sep – 14 Oct 2017"],
    ["2017-12-24", "2018-01-06", "24 Dec 2017 – 6 Jan 2018"],
    ["2017-10-14", "2017-10-14", "14 Oct 2017"],
  ])("%s to %s is %s", (from, to, shown) => {
    expect(period(from, to)).toBe(shown);
  });
  test("days go over the change of the clocks and of the year", () => {
    expect(addDays("2026-10-24", 3)).toBe("2026-10-27");
    expect(daysBetween("2026-12-31", "2027-01-01")).toBe(1);
    expect(daysOf("2026-02-27", "2026-03-01")).toHaveLength(3);
    expect(daysOf("2026-03-01", "2026-02-01")).toEqual([]);
  });
  test.each([
    [0, "today"],
    [1, "yesterday"],
    [3, "3 days ago"],
    [61, "2 months ago"],
    [3332, "9 years ago"],
  ])("%i days back is %s", (days, said) => {
    expect(ago(days)).toBe(said);
  });
  test("an instant is shown in the account's time zone", () => {
    expect(instant("2026-11-28T23:30:00Z", "Europe/Berlin")).toBe("29 Nov 2026, 00:30");
    expect(localToday("Pacific/Auckland", new Date("2026-11-28T12:00:00Z"))).toBe("2026-11-29");
  });
});

describe("scales", () => {
  test("hold all values between whole steps", () => {
    const y = linear([0, 723], [100, 0], 5);
    expect(y.ticks).toEqual([0, 200, 400, 600, 800]);
    expect(y(0)).toBe(100);
    expect(y(800)).toBe(0);
  });
  test("a flat line has a domain too", () => {
    expect(linear([5, 5], [10, 0], 4)(5)).toBeCloseTo(10);
  });
  test("labels are thinned from the last one", () => {
    expect([0, 1, 2, 3, 4].filter(thin(5, 100, 40))).toEqual([0, 2, 4]);
  });
});

test("suggestions that begin with what is typed come first", () => {
  const options = ["Bought Bread", "Bread Seen", "Milk"].map((value) => ({ value }));
  expect(matching(options, "bre").map((o) => o.value)).toEqual(["Bread Seen", "Bought Bread"]);
});

test.each([
  ["/goals/goal_1?x=1", "/goals/goal_1?x=1"],
  ["//elsewhere.example", "/"],
  ["/\\elsewhere.example", "/"],
  ["https://elsewhere.example", "/"],
  [undefined, "/"],
])("after signing in %s leads to %s", (state, path) => {
  expect(ownPath(state)).toBe(path);
});

describe("a time that is typed, in the account's zone", () => {
  test.each([
    ["2026-12-01T09:00", "UTC", "2026-12-01T09:00:00.000Z"],
    ["2026-12-01T09:00", "Europe/Berlin", "2026-12-01T08:00:00.000Z"],
    ["2026-07-01T00:30", "America/New_York", "2026-07-01T04:30:00.000Z"],
    // The clocks of Berlin went on at 02:00 on 29 March and back at 03:00 on 25 October.
    ["2026-03-29T03:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
    ["2026-03-29T01:30", "Europe/Berlin", "2026-03-29T00:30:00.000Z"],
    ["2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
    ["2026-10-25T04:30", "Europe/Berlin", "2026-10-25T03:30:00.000Z"],
    ["2026-06-01T12:00", "Asia/Kolkata", "2026-06-01T06:30:00.000Z"],
  ])("%s in %s is %s", (local, zone, expected) => {
    expect(instantIn(local, zone)).toBe(expected);
  });
});

test("a short period says what both ends share once", () => {
  expect(shortPeriod("2017-10-17", "2017-10-18")).toBe("17 – 18 Oct");
  expect(shortPeriod("2017-09-30", "2017-10-01")).toBe("30 Sep – 1 Oct");
  expect(shortPeriod("2017-10-17", "2017-10-17")).toBe("17 Oct");
});
