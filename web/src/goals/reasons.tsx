/** Why a user is as likely as that: the strongest signs, with the rates that were observed. */
import type { Schema } from "@intent-segments/client";
import { ArrowDown, ArrowUp } from "lucide-preact";
import { percent } from "../format/numbers";

export function Reasons({ reasons }: { reasons: Schema<"Intent">["reasons"] }) {
  if (reasons.length === 0) return null;
  return (
    <ul class="reasons">
      {reasons.map((reason) => (
        <li key={reason.condition}>
          <span class={`driver-sign ${reason.effect === 1 ? "good" : "bad"}`}>
            {reason.effect === 1 ? (
              <ArrowUp size={15} aria-label="raises it" />
            ) : (
              <ArrowDown size={15} aria-label="lowers it" />
            )}
          </span>
          <span>{reason.condition}</span>
          <span class="small faint">
            {percent(reason.rate)} did it, {percent(reason.rate_otherwise)} otherwise
          </span>
        </li>
      ))}
    </ul>
  );
}
