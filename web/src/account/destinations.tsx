/** Places to send users to: tried, switched on and off, their signing secrets renewed. */
import { answer, type Problem } from "@intent-segments/client";
import { Plus } from "lucide-preact";
import { useState } from "preact/hooks";
import { forget, problemOf } from "../api/resource";
import {
  type Destination,
  type DestinationKind,
  useAccount,
  useDestinations,
  useMe,
} from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { KINDS } from "../engage/kinds";
import { NewDestination } from "../engage/new_destination";
import { dayOf } from "../format/dates";
import { Dialog } from "../parts/dialog";
import { Command, Empty } from "../parts/empty";
import { Notice, ProblemNotice } from "../parts/notice";
import { SkeletonCard } from "../parts/skeleton";
import { toast } from "../parts/toast";

export function Destinations() {
  const destinations = useDestinations();
  const me = useMe().data;
  const [adding, setAdding] = useState(false);
  const all = destinations.data?.data;
  const add = may(me, "post_v1_destinations") && (
    <button type="button" class="button primary" onClick={() => setAdding(true)}>
      <Plus size={17} aria-hidden="true" /> New destination
    </button>
  );
  return (
    <>
      {destinations.problem && !all && (
        <ProblemNotice problem={destinations.problem} retry={destinations.refresh} />
      )}
      {!all && destinations.loading && (
        <SkeletonCard height={220} label="Destinations are being fetched" />
      )}
      {all && all.length === 0 && (
        <Empty title="Nowhere to send to yet">
          <p>
            A destination is a place that engagements send users to: files, a webhook, a queue, an
            ad platform, e-mail, SMS or push.
          </p>
          {add}
        </Empty>
      )}
      {all && all.length > 0 && (
        <section class="card" aria-labelledby="destinations-heading">
          <div class="card-head">
            <div>
              <h2 id="destinations-heading">Destinations</h2>
              <p>Where engagements send users to. A test sends one message that names nobody.</p>
            </div>
            {add}
          </div>
          <ul class="plain-list">
            {all.map((one) => (
              <DestinationRow key={one.id} destination={one} />
            ))}
          </ul>
        </section>
      )}
      {adding && <NewDestination onClose={() => setAdding(false)} onMade={() => undefined} />}
    </>
  );
}

/** Kinds that are written into the stack's own bucket: there is nothing to try. */
const AS_FILES: readonly DestinationKind[] = ["file", "meta_audience", "google_customer_match"];
/** Kinds whose test goes to one person. */
const TO_PEOPLE = { email: "E-mail address", sms: "Number", push: "Endpoint" } as const;

function DestinationRow({ destination }: { destination: Destination }) {
  const me = useMe().data;
  const timezone = useAccount().data?.timezone ?? "UTC";
  const [problem, setProblem] = useState<Problem | null>(null);
  const [testing, setTesting] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [removing, setRemoving] = useState(false);
  const path = { destination_id: destination.id };
  const { secrets } = destination.settings as { secrets?: unknown };
  const signedBy = typeof secrets === "number" ? secrets : 0;
  /** Do something, then show what the API says by then. */
  const then = async (what: () => Promise<unknown>, said?: string) => {
    setProblem(null);
    try {
      await what();
      forget("destinations");
      if (said) toast(said);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const test = (to: string | null) =>
    then(async () => {
      const came = await answer(
        api.POST("/v1/destinations/{destination_id}/test", {
          params: { path },
          body: to ? { to } : {},
        }),
      );
      toast(
        came.status === "sent"
          ? `${destination.name}: the test arrived`
          : `${destination.name}: ${came.status}${came.last_status ? ` (${came.last_status})` : ""}${came.reason ? `, ${came.reason}` : ""}`,
      );
    });
  const rotate = () =>
    then(async () => {
      const made = await answer(
        api.POST("/v1/destinations/{destination_id}/rotate-secret", {
          params: { path },
          body: {},
        }),
      );
      setSecret(made.secret);
    });
  const enable = (enabled: boolean) =>
    then(
      () =>
        answer(
          api.PATCH("/v1/destinations/{destination_id}", { params: { path }, body: { enabled } }),
        ),
      enabled ? "Switched on" : "Switched off",
    );
  return (
    <li class="with-tools">
      <div>
        <p class="strong">
          {destination.name} {!destination.enabled && <span class="pill warn">off</span>}
        </p>
        <p class="small faint">
          {KINDS[destination.kind].label}
          {whereTo(destination)}, since {dayOf(destination.created_at, timezone)}
          {signedBy > 1 && ` · signed with ${signedBy} secrets: a rotation is under way`}
        </p>
        {destination.reason && <p class="small wrong">{destination.reason}</p>}
        {problem && <ProblemNotice problem={problem} />}
      </div>
      <div class="actions">
        {!AS_FILES.includes(destination.kind) &&
          may(me, "post_v1_destinations_destination_id_test") && (
            <button
              type="button"
              class="button small"
              onClick={() => (destination.kind in TO_PEOPLE ? setTesting(true) : test(null))}
            >
              Test
            </button>
          )}
        {destination.kind === "webhook" &&
          may(me, "post_v1_destinations_destination_id_rotate_secret") && (
            <button type="button" class="button small" onClick={rotate}>
              Rotate secret
            </button>
          )}
        {signedBy > 1 && may(me, "post_v1_destinations_destination_id_retire_secrets") && (
          <button
            type="button"
            class="button small"
            onClick={() =>
              then(
                () =>
                  answer(
                    api.POST("/v1/destinations/{destination_id}/retire-secrets", {
                      params: { path },
                    }),
                  ),
                "Signed with the newest secret alone",
              )
            }
          >
            Retire old secrets
          </button>
        )}
        {may(me, "patch_v1_destinations_destination_id") && (
          <button type="button" class="button small" onClick={() => enable(!destination.enabled)}>
            {destination.enabled ? "Switch off" : "Switch on"}
          </button>
        )}
        {may(me, "delete_v1_destinations_destination_id") && (
          <button type="button" class="button small danger" onClick={() => setRemoving(true)}>
            Remove
          </button>
        )}
      </div>
      {testing && (
        <TestDialog
          label={TO_PEOPLE[destination.kind as keyof typeof TO_PEOPLE]}
          onClose={() => setTesting(false)}
          onTest={(to) => {
            setTesting(false);
            void test(to);
          }}
        />
      )}
      {secret && (
        <Dialog title="The new signing secret" onClose={() => setSecret(null)}>
          <Notice tone="warn">
            <p>
              It is shown this once. Messages are signed with it and with the old ones until those
              are retired.
            </p>
          </Notice>
          <Command>{secret}</Command>
          <div class="dialog-actions">
            <button type="button" class="button primary" onClick={() => setSecret(null)}>
              I have kept it
            </button>
          </div>
        </Dialog>
      )}
      {removing && (
        <Dialog title={`Remove “${destination.name}”?`} onClose={() => setRemoving(false)}>
          <p class="quiet">Engagements that send there stop with their next send.</p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setRemoving(false)}>
              Keep it
            </button>
            <button
              type="button"
              class="button danger"
              onClick={() => {
                setRemoving(false);
                void then(
                  () =>
                    answer(api.DELETE("/v1/destinations/{destination_id}", { params: { path } })),
                  "Removed",
                );
              }}
            >
              Remove it
            </button>
          </div>
        </Dialog>
      )}
    </li>
  );
}

/** The one setting that says where it goes. */
function whereTo({ settings }: Destination): string {
  const { url, queue, bus, sender } = settings as Record<string, unknown>;
  const place = url ?? queue ?? bus ?? sender;
  return typeof place === "string" ? ` to ${place}` : "";
}

function TestDialog({
  label,
  onClose,
  onTest,
}: {
  label: string;
  onClose: () => void;
  onTest: (to: string) => void;
}) {
  const [to, setTo] = useState("");
  return (
    <Dialog title="Send one test message" onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          onTest(to.trim());
        }}
      >
        <div class="field">
          <label for="test-to">{label}</label>
          <input
            id="test-to"
            class="input"
            required
            value={to}
            onInput={(event) => setTo(event.currentTarget.value)}
          />
        </div>
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={!to.trim()}>
            Send it
          </button>
        </div>
      </form>
    </Dialog>
  );
}
