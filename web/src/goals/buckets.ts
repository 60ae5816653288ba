/** What the three buckets are called and what they are for, in either direction. */
import type { BucketName, Goal } from "../api/resources";

export const BUCKETS: readonly { id: BucketName; label: string }[] = [
  { id: "most_likely", label: "Most likely" },
  { id: "moderately_likely", label: "Moderately likely" },
  { id: "least_likely", label: "Least likely" },
];

export function bucketLabel(bucket: string): string {
  return BUCKETS.find((one) => one.id === bucket)?.label ?? bucket;
}

/** Where a member stands: a bucket, or out of them for good. */
export function placeLabel(place: string): string {
  return (
    { achieved: "Did it", lost: "Did it (lost)", outside: "Not a member yet" }[place] ??
    bucketLabel(place)
  );
}

/** What the likelihood of a goal is one of. */
export function likelihoodOf(direction: Goal["direction"]): string {
  return direction === "maximize" ? "Likelihood to do it" : "Likelihood to stay without it";
}

/** Whom to talk to: what a bucket means for a campaign. */
export function bucketAdvice(bucket: BucketName, direction: Goal["direction"]): string {
  const maximize = {
    most_likely: "They need no nudge: the likeliest to do it by themselves.",
    moderately_likely: "The fence-sitters: a word may tip them. Talk to these first.",
    least_likely: "Better left alone: the least likely to do it.",
  };
  const minimize = {
    most_likely: "Safe: they need nothing from you.",
    moderately_likely: "Wavering: a gentle word may be enough.",
    least_likely: "At risk: the likeliest to do what you want to avoid. Act here first.",
  };
  return (direction === "maximize" ? maximize : minimize)[bucket];
}

/** The bucket to talk to first. */
export function firstToTalkTo(direction: Goal["direction"]): BucketName {
  return direction === "maximize" ? "moderately_likely" : "least_likely";
}
