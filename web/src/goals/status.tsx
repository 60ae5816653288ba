import type { Goal } from "../api/resources";

const STATUS: Record<Goal["status"], readonly [string, string]> = {
  preparing: ["preparing", ""],
  active: ["active", "good"],
  needs_data: ["needs data", "warn"],
  failed: ["failed", "bad"],
  ended: ["ended", ""],
  archived: ["archived", ""],
};

export function StatusPill({ goal }: { goal: Pick<Goal, "status"> }) {
  const [word, tone] = STATUS[goal.status];
  return <span class={`pill ${tone}`}>{word}</span>;
}
