import { answer, type Problem, type Schema } from "@intent-segments/client";
import { Lock, Plus, Send } from "lucide-preact";
import { useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { forget, problemOf } from "../api/resource";
import {
  type BucketName,
  type Buckets,
  type Goal,
  useBuckets,
  useDestinations,
  useGoal,
  useMe,
} from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { KINDS } from "../engage/kinds";
import { NewDestination } from "../engage/new_destination";
import { count, counted, percent } from "../format/numbers";
import { BUCKETS, bucketAdvice, firstToTalkTo } from "../goals/buckets";
import { Notice, ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { RoleNotice } from "../parts/role";
import { Segmented } from "../parts/segmented";
import { SkeletonCard } from "../parts/skeleton";
import { toast } from "../parts/toast";
import { PowerAdvice } from "../uplift/power";

/** `/goals/:id/engage?bucket=…`: reach some of a goal's members through a destination. */
export default function EngagePage() {
  const { params, query } = useRoute();
  const id = params.id ?? "";
  const goal = useGoal(id);
  const buckets = useBuckets(id);
  const crumbs = [
    { href: "/", label: "Goals" },
    { href: `/goals/${id}`, label: goal.data?.name ?? "Goal" },
  ];
  const problem = goal.problem ?? buckets.problem;
  if (!goal.data || !buckets.data) {
    return (
      <Page title="Engage" crumbs={crumbs}>
        {problem ? (
          <ProblemNotice problem={problem} />
        ) : (
          <SkeletonCard height={420} label="Buckets are being fetched" />
        )}
      </Page>
    );
  }
  const asked = BUCKETS.find((one) => one.id === query.bucket)?.id;
  return (
    <Page
      title="Engage"
      crumbs={crumbs}
      lead="Whom, through what, and when. Once it is saved these are locked, so that its effect can be measured."
    >
      <EngageForm
        goal={goal.data}
        buckets={buckets.data}
        first={asked ?? firstToTalkTo(goal.data.direction)}
      />
    </Page>
  );
}

function EngageForm({ goal, buckets, first }: { goal: Goal; buckets: Buckets; first: BucketName }) {
  const { route } = useLocation();
  const me = useMe().data;
  const destinations = useDestinations();
  const [chosen, setChosen] = useState<BucketName[]>([first]);
  const [everyone, setEveryone] = useState(false);
  const [destination, setDestination] = useState("");
  const [when, setWhen] = useState<"now" | "nightly">("nightly");
  const [message, setMessage] = useState<Record<string, string>>({});
  const [name, setName] = useState("");
  const [reference, setReference] = useState("");
  const [adding, setAdding] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saving, setSaving] = useState(false);
  const [key] = useState(() => crypto.randomUUID());
  const all = destinations.data?.data ?? [];
  const place = all.find((one) => one.id === destination);
  const parts = place ? KINDS[place.kind].message : [];
  const members = everyone
    ? buckets.open
    : buckets.buckets
        .filter((one) => chosen.includes(one.bucket))
        .reduce((sum, one) => sum + one.users, 0);
  const held = Math.round(members * goal.control_share);
  const usual = everyone
    ? "Everyone who is open"
    : BUCKETS.filter((one) => chosen.includes(one.id))
        .map((one) => one.label)
        .join(" and ");
  const needed = parts.filter((part) => part !== "html");
  const gap =
    !everyone && chosen.length === 0
      ? "choose whom"
      : !place
        ? "choose a destination"
        : needed.some((part) => !message[part]?.trim())
          ? "write the message"
          : null;

  const save = async () => {
    setSaving(true);
    setProblem(null);
    const written = Object.fromEntries(
      Object.entries(message).filter(([part, text]) =>
        parts.some((one) => one === part && text.trim()),
      ),
    );
    const body: Schema<"NewEngagement"> = {
      name: name.trim() || usual,
      audience: everyone ? { everyone: true } : { buckets: chosen },
      destination,
      schedule: { kind: when },
      ...(parts.length > 0 ? { message: written } : {}),
      ...(reference.trim() ? { reference: reference.trim() } : {}),
    };
    try {
      const made = await answer(
        api.POST("/v1/goals/{goal_id}/engagements", {
          params: { path: { goal_id: goal.id }, header: { "Idempotency-Key": key } },
          body,
        }),
      );
      forget(`goals/${goal.id}`);
      toast("Engagement saved");
      route(`/engagements/${made.id}`);
    } catch (error) {
      setProblem(problemOf(error));
      setSaving(false);
    }
  };

  return (
    <div class="with-aside">
      <div class="stack">
        <ol class="steps">
          <li class="card">
            <h2>Whom</h2>
            <Segmented
              label="Whom"
              value={everyone ? "everyone" : "buckets"}
              options={[
                ["buckets", "Buckets"],
                ["everyone", "Everyone who is open"],
              ]}
              onChange={(said) => setEveryone(said === "everyone")}
            />
            {!everyone && (
              <fieldset class="choice-list">
                <legend class="hidden-visually">Buckets</legend>
                {BUCKETS.map(({ id, label }) => {
                  const users = buckets.buckets.find((one) => one.bucket === id)?.users;
                  return (
                    <label key={id} class="choice">
                      <input
                        type="checkbox"
                        checked={chosen.includes(id)}
                        onChange={() =>
                          setChosen(
                            BUCKETS.map((one) => one.id).filter(
                              (one) => (one === id) !== chosen.includes(one),
                            ),
                          )
                        }
                      />
                      <i class={`swatch box ${id}`} aria-hidden="true" />
                      <span>
                        <b>{label}</b>
                        <span class="small quiet"> {bucketAdvice(id, goal.direction)}</span>
                      </span>
                      <span class="number strong">{count(users)}</span>
                    </label>
                  );
                })}
              </fieldset>
            )}
          </li>
          <li class="card">
            <h2>Through what</h2>
            <div class="field">
              <label for="engage-destination">Destination</label>
              <div class="clause-line">
                <select
                  id="engage-destination"
                  class="input auto"
                  value={destination}
                  onChange={(event) => setDestination(event.currentTarget.value)}
                >
                  <option value="">
                    {all.length > 0 ? "choose a destination" : "none saved yet"}
                  </option>
                  {all.map((one) => (
                    <option key={one.id} value={one.id} disabled={!one.enabled}>
                      {one.name} ({KINDS[one.kind].label})
                    </option>
                  ))}
                </select>
                {may(me, "post_v1_destinations") ? (
                  <button type="button" class="button" onClick={() => setAdding(true)}>
                    <Plus size={16} aria-hidden="true" /> New destination
                  </button>
                ) : (
                  <span class="hint">An admin of the account adds destinations.</span>
                )}
              </div>
            </div>
            {parts.map((part) => (
              <div class="field" key={part}>
                <label for={`engage-${part}`}>
                  {PARTS[part]}
                  {part === "html" && <span class="faint"> (if any)</span>}
                </label>
                {part === "subject" || part === "title" ? (
                  <input
                    id={`engage-${part}`}
                    class="input"
                    value={message[part] ?? ""}
                    onInput={(event) =>
                      setMessage({ ...message, [part]: event.currentTarget.value })
                    }
                  />
                ) : (
                  <textarea
                    id={`engage-${part}`}
                    class="input"
                    rows={4}
                    value={message[part] ?? ""}
                    onInput={(event) =>
                      setMessage({ ...message, [part]: event.currentTarget.value })
                    }
                  />
                )}
              </div>
            ))}
            {parts.length > 0 && (
              <p class="hint">
                <code>{"{{first_name | there}}"}</code> becomes a user’s trait, or the words behind
                the bar.
              </p>
            )}
          </li>
          <li class="card">
            <h2>When</h2>
            <Segmented
              label="When"
              value={when}
              options={[
                ["nightly", "After every night"],
                ["now", "Now, once"],
              ]}
              onChange={setWhen}
            />
            <p class="hint">
              {when === "nightly"
                ? "Whoever comes in is reached after the next night, once per engagement, until the goal ends."
                : "Those of the newest night, at once."}
            </p>
          </li>
          <li class="card">
            <h2>
              Name <span class="faint">(and a word of your own)</span>
            </h2>
            <div class="field">
              <label for="engage-name">Name</label>
              <input
                id="engage-name"
                class="input"
                maxLength={200}
                placeholder={usual}
                value={name}
                onInput={(event) => setName(event.currentTarget.value)}
              />
            </div>
            <div class="field">
              <label for="engage-reference">Reference</label>
              <input
                id="engage-reference"
                class="input"
                placeholder="spring-26"
                value={reference}
                onInput={(event) => setReference(event.currentTarget.value)}
              />
              <p class="hint">Every message carries it; opens and clicks can come back with it.</p>
            </div>
          </li>
        </ol>
        {problem && <ProblemNotice problem={problem} />}
      </div>
      <aside class="aside stack" aria-label="What will happen">
        <section class="card stack tight">
          <p class="label">To reach tonight</p>
          <p class="big-figure">{count(Math.max(0, members - held))}</p>
          <p class="small quiet">
            {counted(members, "open member")}, of whom about {count(held)} (
            {percent(goal.control_share)}) are the control group.
          </p>
        </section>
        <Notice title="The control group is never reached">
          <p>
            It is what tells the effect of this from what would have happened anyway. There is no
            option to reach it.
          </p>
        </Notice>
        <PowerAdvice goal={goal} buckets={everyone ? null : chosen} />
        <p class="small quiet locked-note">
          <Lock size={15} aria-hidden="true" /> Whom, where, what and when are locked once saved. It
          can be stopped at any time.
        </p>
        {may(me, "post_v1_goals_goal_id_engagements") ? (
          <>
            <button
              type="button"
              class="button primary large"
              disabled={saving || gap !== null || goal.status !== "active"}
              onClick={save}
            >
              <Send size={17} aria-hidden="true" /> {saving ? "Saving…" : "Save engagement"}
            </button>
            <p class="hint">
              {goal.status !== "active"
                ? `The goal is ${goal.status}; only goals at work can be engaged.`
                : gap
                  ? `First ${gap}.`
                  : "Ready."}
            </p>
          </>
        ) : (
          <RoleNotice>A marketer of the account engages users.</RoleNotice>
        )}
      </aside>
      {adding && <NewDestination onClose={() => setAdding(false)} onMade={setDestination} />}
    </div>
  );
}

const PARTS: Record<string, string> = {
  subject: "Subject",
  title: "Title",
  text: "Text",
  html: "HTML",
};
