/** What was done about a goal: its engagements, newest first. */
import { Send } from "lucide-preact";
import {
  type Engagement,
  type Goal,
  useAllEngagements,
  useEngagements,
  useMe,
} from "../api/resources";
import { may } from "../api/roles";
import { day } from "../format/dates";
import { counted } from "../format/numbers";
import { EngagementStatus, reaching } from "./words";

export function EngagementsCard({ goal }: { goal: Goal }) {
  const me = useMe().data;
  const engagements = useEngagements(goal.id);
  const all = engagements.data?.data;
  if (!all || (all.length === 0 && goal.status !== "active")) return null;
  return (
    <section class="card" aria-labelledby="engagements-heading">
      <div class="card-head">
        <div>
          <h2 id="engagements-heading">Engagements</h2>
          <p>
            {all.length > 0
              ? "What went out because of this goal. The control group is held back from all of it."
              : "Nothing has gone out yet: so far this is what happens by itself."}
          </p>
        </div>
        {goal.status === "active" && may(me, "post_v1_goals_goal_id_engagements") && (
          <a class="button" href={`/goals/${goal.id}/engage`}>
            <Send size={16} aria-hidden="true" /> Engage
          </a>
        )}
      </div>
      {all.length > 0 && <EngagementsList engagements={all} />}
    </section>
  );
}

/** The engagements of a plain segment; nothing while there are none. */
export function SegmentEngagements({ segment }: { segment: string }) {
  const all =
    useAllEngagements().data?.data.filter((one) => one.audience.segment === segment) ?? [];
  if (all.length === 0) return null;
  return (
    <section class="card" aria-labelledby="engagements-heading">
      <div class="card-head">
        <div>
          <h2 id="engagements-heading">Engagements</h2>
          <p>What goes out to its members. Nobody is held back, so it cannot be measured.</p>
        </div>
      </div>
      <EngagementsList engagements={all} />
    </section>
  );
}

function EngagementsList({ engagements }: { engagements: readonly Engagement[] }) {
  return (
    <ul class="plain-list">
      {engagements.map((one) => (
        <li key={one.id}>
          <a href={`/engagements/${one.id}`}>
            {one.name}
            <span class="small faint block">{reaching(one)}</span>
          </a>
          <span class="small faint">
            {one.sends > 0
              ? `${counted(one.sends, "send")}${one.last_send ? `, last ${lastSend(one.last_send)}` : ""}`
              : "not sent yet"}
          </span>
          <EngagementStatus engagement={one} />
        </li>
      ))}
    </ul>
  );
}

/** A send is called by its day, or by its instant: 20261122T120000Z. */
export function lastSend(send: string): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(send)
    ? day(send)
    : day(`${send.slice(0, 4)}-${send.slice(4, 6)}-${send.slice(6, 8)}`);
}
