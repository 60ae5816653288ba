/** The form of an engagement: whom is the caller's; through what, when and its name are here. */
import type { answer, Operation, Problem, Schema } from "@intent-segments/client";
import { Lock, Plus, Send } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { forget, problemOf } from "../api/resource";
import {
  type DestinationKind,
  type Engagement,
  useAccount,
  useDestinations,
  useMe,
} from "../api/resources";
import { may } from "../api/roles";
import { ProblemNotice } from "../parts/notice";
import { RoleNotice } from "../parts/role";
import { toast } from "../parts/toast";
import { KINDS } from "./kinds";
import { NewDestination } from "./new_destination";
import { NIGHTLY, scheduleOf, type When, WhenFields } from "./when";

/** What every engagement has, whomever it is for. */
export type Written = Omit<Schema<"NewEngagement">, "audience">;

const PARTS: Record<string, string> = {
  subject: "Subject",
  title: "Title",
  text: "Text",
  html: "HTML",
};

export function EngageForm({
  whom,
  aside,
  usual,
  ends,
  closed,
  needs,
  stream = false,
  send,
}: {
  whom: ComponentChildren;
  /** What stands beside the form. */
  aside: ComponentChildren;
  /** The name when none is given. */
  usual: string;
  ends: string;
  /** Why nothing can be saved, if so: the first step that is missing, or the state of the goal. */
  closed: string | null;
  needs: Operation;
  /** Who enters and leaves is told every night, and not to people. */
  stream?: boolean;
  send: (written: Written, key: string) => ReturnType<typeof answer<Engagement>>;
}) {
  const { route } = useLocation();
  const me = useMe().data;
  const timezone = useAccount().data?.timezone ?? "UTC";
  const destinations = useDestinations();
  const [destination, setDestination] = useState("");
  const [chosen, setWhen] = useState<When>(NIGHTLY);
  const when: When = stream ? { ...chosen, kind: "nightly" } : chosen;
  const [message, setMessage] = useState<Record<string, string>>({});
  const [name, setName] = useState("");
  const [reference, setReference] = useState("");
  const [adding, setAdding] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saving, setSaving] = useState(false);
  const [key] = useState(() => crypto.randomUUID());
  const all = (destinations.data?.data ?? []).filter(
    (one) => !stream || KEEP_LISTS.includes(one.kind),
  );
  const place = all.find((one) => one.id === destination);
  const parts = place ? KINDS[place.kind].message : [];
  const gap =
    closed ??
    (!place
      ? "First choose a destination."
      : parts.some((part) => part !== "html" && !message[part]?.trim())
        ? "First write the message."
        : when.kind === "at" && !when.at
          ? "First choose a time."
          : null);

  const save = async () => {
    setSaving(true);
    setProblem(null);
    const written = Object.fromEntries(
      Object.entries(message).filter(([part, text]) =>
        parts.some((one) => one === part && text.trim()),
      ),
    );
    try {
      const made = await send(
        {
          name: name.trim() || usual,
          destination,
          schedule: scheduleOf(when, timezone),
          ...(parts.length > 0 ? { message: written } : {}),
          ...(reference.trim() ? { reference: reference.trim() } : {}),
        },
        key,
      );
      forget("engagements");
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
            {whom}
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
              <MessagePart
                key={part}
                part={part}
                text={message[part] ?? ""}
                onChange={(text) => setMessage({ ...message, [part]: text })}
              />
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
            <WhenFields
              when={when}
              timezone={timezone}
              ends={ends}
              nightlyOnly={stream}
              onChange={setWhen}
            />
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
                maxLength={120}
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
                maxLength={120}
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
        {aside}
        <p class="small quiet locked-note">
          <Lock size={15} aria-hidden="true" /> Whom, where, what and when are locked once saved. It
          can be stopped at any time.
        </p>
        {may(me, needs) ? (
          <>
            <button
              type="button"
              class="button primary large"
              disabled={saving || gap !== null}
              onClick={save}
            >
              <Send size={17} aria-hidden="true" /> {saving ? "Saving…" : "Save engagement"}
            </button>
            <p class="hint">{gap ?? "Ready."}</p>
          </>
        ) : (
          <RoleNotice>A marketer of the account engages users.</RoleNotice>
        )}
      </aside>
      {adding && <NewDestination onClose={() => setAdding(false)} onMade={setDestination} />}
    </div>
  );
}

/** Kinds that keep a list which users can leave. */
const KEEP_LISTS: readonly DestinationKind[] = ["file", "webhook", "sqs", "eventbridge"];

function MessagePart({
  part,
  text,
  onChange,
}: {
  part: string;
  text: string;
  onChange: (text: string) => void;
}) {
  const id = `engage-${part}`;
  return (
    <div class="field">
      <label for={id}>
        {PARTS[part]}
        {part === "html" && <span class="faint"> (if any)</span>}
      </label>
      {part === "subject" || part === "title" ? (
        <input
          id={id}
          class="input"
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      ) : (
        <textarea
          id={id}
          class="input"
          rows={4}
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </div>
  );
}
