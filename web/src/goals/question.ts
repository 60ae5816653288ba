/** The question that a forecast answers, as the form holds it, and the request it becomes. */
import type { Schema } from "@intent-segments/client";
import type { Goal } from "../api/resources";
import { addDays, daysBetween } from "../format/dates";
import { type Condition, newCondition, writeCondition } from "../segments/form";

export interface GoalEvent {
  event: string;
  where: Condition[];
}

export interface Question {
  segment: string;
  direction: Goal["direction"];
  events: GoalEvent[];
  match: Goal["match"];
  /** An end day, or the next so many days anew every night. */
  until: { kind: "date"; endsOn: string } | { kind: "rolling"; days: number | null };
  target: { metric: "users" | "events"; value: number | null } | null;
  buckets: Schema<"BucketPolicy">;
}

/** How far ahead the form starts out. */
const USUAL_DAYS = 14;
export const MOST_DAYS = 365;

export function newQuestion(segment: string, watermark: string): Question {
  return {
    segment,
    direction: "maximize",
    events: [{ event: "", where: [] }],
    match: "any",
    until: { kind: "date", endsOn: addDays(watermark, USUAL_DAYS) },
    target: null,
    buckets: { by: "achievement" },
  };
}

/** What is still missing, in the order of the steps; empty when it can be asked. */
export function unanswered(question: Question, watermark: string): string[] {
  const gaps = [];
  if (!question.segment) gaps.push("choose a segment");
  if (question.events.some((one) => !one.event)) gaps.push("choose an event");
  const unfinished = (one: Condition) =>
    !one.property || one.comparisons.some(({ value }) => value === "" || value === null);
  if (question.events.some((one) => one.where.some(unfinished))) {
    gaps.push("finish the conditions of the event");
  }
  if (question.until.kind === "date") {
    const days = question.until.endsOn ? daysBetween(watermark, question.until.endsOn) : 0;
    if (days < 1) gaps.push("choose an end date after the last closed day");
    else if (days > MOST_DAYS) gaps.push(`choose an end date within ${MOST_DAYS} days`);
  } else if (!question.until.days) gaps.push("say how many days");
  if (question.target && !question.target.value) gaps.push("give the wanted number, or leave it");
  return gaps;
}

export function requestOf(question: Question): Schema<"ForecastRequest"> {
  return {
    segment_id: question.segment,
    direction: question.direction,
    events: question.events.map((one) =>
      one.where.length === 0
        ? one.event
        : {
            event: one.event,
            where: one.where.map((c) => writeCondition(c) as { property: string }),
          },
    ),
    match: question.match,
    ...(question.until.kind === "date"
      ? { ends_on: question.until.endsOn }
      : { rolling_days: question.until.days }),
    ...(question.target?.value
      ? { target: { metric: question.target.metric, value: question.target.value } }
      : {}),
    buckets: question.buckets,
  };
}

export { newCondition };
