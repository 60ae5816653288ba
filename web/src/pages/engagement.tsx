import { answer, type Problem } from "@intent-segments/client";
import { OctagonX } from "lucide-preact";
import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { forget, problemOf, remember } from "../api/resource";
import {
  type Delivery,
  type Engagement,
  useAccount,
  useDeliveries,
  useEngagement,
  useFailures,
  useGoal,
  useMe,
} from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { EngagementStatus, reaching } from "../engage/words";
import { day, instant } from "../format/dates";
import { bytes, count, counted } from "../format/numbers";
import { Dialog } from "../parts/dialog";
import { Empty } from "../parts/empty";
import { Notice, ProblemNotice, StaleNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";
import { toast } from "../parts/toast";

const LOOK_AGAIN_MS = 5_000;

/** `/engagements/:id`: what was sent, what failed, and how to stop it. */
export default function EngagementPage() {
  const id = useRoute().params.id ?? "";
  const engagement = useEngagement(id, LOOK_AGAIN_MS);
  const { data } = engagement;
  const goal = useGoalOf(data);
  const timezone = useAccount().data?.timezone ?? "UTC";
  const crumbs = [
    { href: "/", label: "Goals" },
    ...(data?.goal_id ? [{ href: `/goals/${data.goal_id}`, label: goal?.name ?? "Goal" }] : []),
  ];
  if (!data) {
    return (
      <Page title="Engagement" crumbs={crumbs}>
        {engagement.problem ? (
          <ProblemNotice problem={engagement.problem} retry={engagement.refresh} />
        ) : (
          <SkeletonCard height={320} label="The engagement is being fetched" />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={data.name}
      crumbs={crumbs}
      lead={
        <p class="goal-lead">
          <EngagementStatus engagement={data} />
          <span>{reaching(data)}</span>
        </p>
      }
      actions={data.status === "active" && <StopButton engagement={data} />}
    >
      <StaleNotice resource={engagement} timezone={timezone} />
      {data.status_reason && (
        <Notice>
          <p>{data.status_reason}</p>
        </Notice>
      )}
      <Deliveries id={id} timezone={timezone} />
      <Failures id={id} />
      {data.goal_id && data.sends > 0 && (
        <section class="card split wrap">
          <div>
            <h2>Did it change anything?</h2>
            <p class="small quiet">
              Everybody who came into it, in both arms, from then on: counted by the nights after a
              send.
            </p>
          </div>
          <a class="button" href={`/goals/${data.goal_id}?uplift=${id}#uplift`}>
            See its uplift
          </a>
        </section>
      )}
      <section class="card">
        <h2>What it is</h2>
        <dl class="facts you">
          <div>
            <dt>Destination</dt>
            <dd>{data.destination.name ?? data.destination.id}</dd>
          </div>
          {data.reference && (
            <div>
              <dt>Reference</dt>
              <dd>{data.reference}</dd>
            </div>
          )}
          <div>
            <dt>Saved</dt>
            <dd>
              {instant(data.created_at, timezone)}
              {data.created_by && ` by ${data.created_by}`}
            </dd>
          </div>
          {data.schedule.until && (
            <div>
              <dt>Sends until</dt>
              <dd>{day(data.schedule.until)}</dd>
            </div>
          )}
        </dl>
        {data.message && (
          <div class="message">
            {data.message.subject && <p class="strong">{data.message.subject}</p>}
            {data.message.title && <p class="strong">{data.message.title}</p>}
            <p>{data.message.text}</p>
          </div>
        )}
        <p class="hint after-facts">{data.note}</p>
      </section>
    </Page>
  );
}

function useGoalOf(engagement: Engagement | undefined) {
  return useGoal(engagement?.goal_id ?? null).data;
}

function Deliveries({ id, timezone }: { id: string; timezone: string }) {
  const deliveries = useDeliveries(id, LOOK_AGAIN_MS);
  const all = deliveries.data?.data;
  if (deliveries.problem && !all) {
    return <ProblemNotice problem={deliveries.problem} retry={deliveries.refresh} />;
  }
  if (!all) return <SkeletonCard height={220} label="Sends are being fetched" />;
  if (all.length === 0) {
    return (
      <Empty title="Nothing was sent yet">
        <p>A nightly engagement sends after the next night; one for now is on its way.</p>
      </Empty>
    );
  }
  const total = (of: (counts: NonNullable<Delivery["counts"]>) => number) =>
    all.reduce((sum, one) => sum + (one.counts ? of(one.counts) : 0), 0);
  return (
    <section class="card stack" aria-labelledby="sends">
      <h2 id="sends">Sends</h2>
      <dl class="tiles">
        <div>
          <dt>Delivered</dt>
          <dd>{count(total((one) => one.delivered))}</dd>
        </div>
        <div>
          <dt>Held back (control)</dt>
          <dd>{count(total((one) => one.held_back))}</dd>
        </div>
        <div>
          <dt>Failed or unknown</dt>
          <dd>{count(total((one) => one.failed + one.unknown))}</dd>
        </div>
        <div>
          <dt>Not to be reached</dt>
          <dd>{count(total((one) => one.unreachable + one.suppressed))}</dd>
        </div>
      </dl>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Audience as of</th>
              <th scope="col">Status</th>
              <th scope="col" class="number">
                Delivered
              </th>
              <th scope="col" class="number">
                Failed
              </th>
              <th scope="col" class="number">
                Held back
              </th>
              <th scope="col">Files</th>
              <th scope="col">Started</th>
            </tr>
          </thead>
          <tbody>
            {all.map((one) => (
              <tr key={one.id}>
                <th scope="row">
                  <a href={`/runs/${one.run_id}`}>{day(one.date)}</a>
                </th>
                <td>
                  {one.status === "published" ? "sent" : one.status}
                  {one.reason && <p class="small wrong">{one.reason}</p>}
                </td>
                <td class="number">{count(one.counts?.delivered)}</td>
                <td class="number">{count(one.counts?.failed)}</td>
                <td class="number">{count(one.counts?.held_back)}</td>
                <td>
                  {one.files?.map((file) => (
                    <a key={file.number} href={file.href} class="file-link">
                      {counted(file.rows, "user")}, {bytes(file.bytes)}
                    </a>
                  )) ?? "–"}
                </td>
                <td class="quiet">{instant(one.started_at, timezone)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Failures({ id }: { id: string }) {
  const failures = useFailures(id);
  const me = useMe().data;
  const [problem, setProblem] = useState<Problem | null>(null);
  const all = failures.data?.data ?? [];
  if (all.length === 0) return null;
  const replay = async (send: string) => {
    setProblem(null);
    const batches = all.filter((one) => one.send === send).map((one) => one.id);
    try {
      const told = await answer(
        api.POST("/v1/engagements/{engagement_id}/replay", {
          params: { path: { engagement_id: id } },
          body: { batches: batches.slice(0, 100) },
        }),
      );
      toast(`Sending again, to ${counted(told.users, "user")}`);
      forget(`engagements/${id}`);
      failures.refresh();
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const sends = [...new Set(all.map((one) => one.send))];
  return (
    <section class="card stack" aria-labelledby="failures">
      <div class="card-head">
        <div>
          <h2 id="failures">Failures</h2>
          <p>Batches, never users. A replay goes to those of their users who were not reached.</p>
        </div>
        {may(me, "post_v1_engagements_engagement_id_replay") && (
          <div class="actions">
            {sends.map((send) => (
              <button type="button" class="button small" key={send} onClick={() => replay(send)}>
                Send again: {send}
              </button>
            ))}
          </div>
        )}
      </div>
      {problem && <ProblemNotice problem={problem} />}
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Send</th>
              <th scope="col">What</th>
              <th scope="col" class="number">
                Users
              </th>
              <th scope="col" class="number">
                Attempts
              </th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {all.map((one) => (
              <tr key={one.id}>
                <th scope="row">{one.send}</th>
                <td>{one.status.replace("_", " ")}</td>
                <td class="number">{count(one.users)}</td>
                <td class="number">{count(one.attempts)}</td>
                <td class="quiet">
                  {one.last_status !== null && `${one.last_status} `}
                  {one.reason}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function StopButton({ engagement }: { engagement: Engagement }) {
  const me = useMe().data;
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!may(me, "post_v1_engagements_engagement_id_stop")) return null;
  const stop = async () => {
    try {
      const path = { engagement_id: engagement.id };
      const stopped = await answer(
        api.POST("/v1/engagements/{engagement_id}/stop", { params: { path } }),
      );
      remember(`engagements/${engagement.id}`, stopped);
      forget(`goals/${engagement.goal_id}`);
      toast("Stopped");
      setAsking(false);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <>
      <button type="button" class="button danger" onClick={() => setAsking(true)}>
        <OctagonX size={16} aria-hidden="true" /> Stop
      </button>
      {asking && (
        <Dialog title={`Stop “${engagement.name}”?`} onClose={() => setAsking(false)}>
          <p class="quiet">
            The batch at hand is the last. A stopped engagement stays stopped; it can be saved once
            more as another one.
          </p>
          {problem && <ProblemNotice problem={problem} />}
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setAsking(false)}>
              Keep it going
            </button>
            <button type="button" class="button danger" onClick={stop}>
              Stop it
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
