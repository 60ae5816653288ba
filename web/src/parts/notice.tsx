import type { Problem } from "@intent-segments/client";
import { CircleAlert, CircleCheck, Info, RotateCw, TriangleAlert } from "lucide-preact";
import type { ComponentChildren } from "preact";
import type { Resource } from "../api/resource";
import { instant } from "../format/dates";

type Tone = "info" | "good" | "warn" | "bad";
const ICONS = { info: Info, good: CircleCheck, warn: TriangleAlert, bad: CircleAlert };

export function Notice({
  tone = "info",
  title,
  children,
  live = false,
}: {
  tone?: Tone;
  title?: string;
  children?: ComponentChildren;
  live?: boolean;
}) {
  const Icon = ICONS[tone];
  return (
    <div class={`notice ${tone}`} role={live ? "alert" : undefined}>
      <Icon size={18} aria-hidden="true" />
      <div class="notice-body">
        {title && <p class="strong">{title}</p>}
        {children}
      </div>
    </div>
  );
}

/** An error with its remedy: what the API said, field by field where it named fields. */
export function ProblemNotice({ problem, retry }: { problem: Problem; retry?: () => void }) {
  const fields = problem.errors.filter((one) => one.message !== problem.detail);
  return (
    <Notice tone="bad" title={problem.title} live>
      <p>{problem.detail}</p>
      {fields.length > 0 && (
        <ul>
          {fields.map((one) => (
            <li key={one.field}>
              <code>{one.field}</code> {one.message}
            </li>
          ))}
        </ul>
      )}
      {retry && (
        <p>
          <button type="button" class="button small" onClick={retry}>
            <RotateCw size={15} aria-hidden="true" /> Try again
          </button>
        </p>
      )}
    </Notice>
  );
}

/** Says that what is shown is older than it should be, and why. Nothing while all is well. */
export function StaleNotice({
  resource,
  timezone,
}: {
  resource: Resource<unknown>;
  timezone: string;
}) {
  if (!resource.problem || resource.at === null) return null;
  return (
    <Notice tone="warn" title="This may be out of date" live>
      <p>
        Shown is what was known on {instant(new Date(resource.at).toISOString(), timezone)}.{" "}
        {resource.problem.detail}
      </p>
      <p>
        <button type="button" class="button small" onClick={resource.refresh}>
          <RotateCw size={15} aria-hidden="true" /> Try again
        </button>
      </p>
    </Notice>
  );
}
