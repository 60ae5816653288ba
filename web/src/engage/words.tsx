import type { Engagement } from "../api/resources";
import { bucketWords } from "../segments/words";
import { KINDS } from "./kinds";

/** "The moderately likely, through Shop, after every night" */
export function reaching(engagement: Engagement): string {
  const whom = whomOf(engagement.audience);
  const { name, kind, id } = engagement.destination;
  const where = name ?? (kind ? KINDS[kind].label : id);
  const when = engagement.schedule.kind === "nightly" ? "after every night" : "once";
  return `${whom}, through ${where}, ${when}`;
}

function whomOf({ everyone, buckets, stream }: Engagement["audience"]): string {
  if (everyone) return "Everyone who is open";
  if (buckets) return `The ${buckets.map(bucketWords).join(" and the ")}`;
  return stream ? `Who ${stream.join(" and who ")} a segment` : "The members of a segment";
}

const TONES: Record<Engagement["status"], string> = { active: "good", done: "", stopped: "warn" };

export function EngagementStatus({ engagement }: { engagement: Engagement }) {
  return <span class={`pill ${TONES[engagement.status]}`}>{engagement.status}</span>;
}
