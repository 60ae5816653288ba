import { answer, type Problem } from "@intent-segments/client";
import { OctagonX } from "lucide-preact";
import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { forget, problemOf, remember } from "../api/resource";
import { type Engagement, useAccount, useEngagement, useGoal, useMe } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { Deliveries, Failures } from "../engage/deliveries";
import { EngagementStatus, reaching } from "../engage/words";
import { day, instant } from "../format/dates";
import { Dialog } from "../parts/dialog";
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
