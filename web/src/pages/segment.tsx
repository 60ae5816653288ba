import { answer, type Problem } from "@intent-segments/client";
import { Pencil, Plus, Send, Trash } from "lucide-preact";
import { useState } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import { forget, problemOf } from "../api/resource";
import { type Segment, useAccount, useGoals, useMe, useSegment } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { SegmentEngagements } from "../engage/engagements_card";
import { day, dayOf, shortDay } from "../format/dates";
import { count } from "../format/numbers";
import { StatusPill } from "../goals/status";
import { Dialog } from "../parts/dialog";
import { Empty } from "../parts/empty";
import { ExportButton } from "../parts/export";
import { ProblemNotice, StaleNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";
import { toast } from "../parts/toast";
import { Explain, Reach, Sample, usePreview } from "../segments/preview";
import { TrendCard } from "../segments/trend_card";
import { describe } from "../segments/words";

export default function SegmentPage() {
  const { params } = useRoute();
  const segment = useSegment(params.id ?? "");
  const account = useAccount().data;
  const me = useMe().data;
  const crumbs = [{ href: "/segments", label: "Segments" }];
  if (!segment.data) {
    return (
      <Page title="Segment" crumbs={crumbs}>
        {segment.problem ? (
          <ProblemNotice problem={segment.problem} retry={segment.refresh} />
        ) : (
          <SkeletonCard height={380} label="The segment is being fetched" />
        )}
      </Page>
    );
  }
  const { data } = segment;
  const own = data.created_at !== null;
  return (
    <Page
      title={data.name}
      crumbs={crumbs}
      lead={
        <p>
          {describe(data.definition)}
          {own && account && (
            <span class="faint">
              {" "}
              · made on {dayOf(data.created_at, account.timezone)}
              {data.created_by && ` by ${data.created_by}`}
            </span>
          )}
        </p>
      }
      actions={
        me && (
          <>
            {may(me, "post_v1_segments_segment_id_exports") && <ExportButton segment={data.id} />}
            {may(me, "post_v1_engagements") && (
              <a class="button" href={`/segments/${data.id}/engage`}>
                <Send size={16} aria-hidden="true" /> Engage
              </a>
            )}
            {own && may(me, "patch_v1_segments_segment_id") && (
              <a class="button" href={`/segments/${data.id}/edit`}>
                <Pencil size={16} aria-hidden="true" /> Edit
              </a>
            )}
            {own && may(me, "delete_v1_segments_segment_id") && <DeleteButton segment={data} />}
            {may(me, "post_v1_forecasts") && (
              <a class="button primary" href={`/goals/new?segment=${data.id}`}>
                <Plus size={17} aria-hidden="true" /> New segment goal
              </a>
            )}
          </>
        )
      }
    >
      <StaleNotice resource={segment} timezone={account?.timezone ?? "UTC"} />
      <div class="with-aside">
        <div class="stack">
          <TrendCard segment={data} />
          <GoalsOf segment={data} />
          <SegmentEngagements segment={data.id} />
        </div>
        <Members segment={data} />
      </div>
    </Page>
  );
}

function GoalsOf({ segment }: { segment: Segment }) {
  const goals = useGoals();
  const own = goals.data?.data.filter((one) => one.segment_id === segment.id);
  if (!own) return <SkeletonCard height={160} label="Its goals are being fetched" />;
  if (own.length === 0) {
    return (
      <Empty title="No goal on this segment yet">
        <p>
          Ask how many of these users will do something by a day of your choice. The forecast costs
          nothing and saves nothing.
        </p>
        <a class="button" href={`/goals/new?segment=${segment.id}`}>
          <Plus size={16} aria-hidden="true" /> New segment goal
        </a>
      </Empty>
    );
  }
  return (
    <section class="card">
      <div class="card-head">
        <h2>Goals</h2>
      </div>
      <ul class="plain-list">
        {own.map((goal) => (
          <li key={goal.id}>
            <a href={`/goals/${goal.id}`}>{goal.name}</a>
            <span class="faint small">
              {goal.ends_on ? `until ${shortDay(goal.ends_on)}` : `every ${goal.rolling_days} days`}
            </span>
            <StatusPill goal={goal} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Members({ segment }: { segment: Segment }) {
  const me = useMe().data;
  const allowed = may(me, "post_v1_previews");
  const { preview, problem } = usePreview(allowed ? segment.definition : null, 10);
  if (me && !allowed) return <KnownSize segment={segment} />;
  if (problem) return <ProblemNotice problem={problem} />;
  if (!preview) return <SkeletonCard height={420} label="Members are being counted" />;
  return (
    <aside class="stack" aria-label="Members">
      <section class="card">
        <p class="label">Members</p>
        <p class="big-figure">
          {preview.estimated && "≈ "}
          {count(preview.users)}
        </p>
        <p class="small faint">at the end of {day(preview.as_of)}</p>
        <Reach preview={preview} />
      </section>
      <section class="card">
        <h2>Some of them</h2>
        <Sample sample={preview.sample} />
      </section>
      <section class="card stack tight">
        <details class="details">
          <summary>How this is counted</summary>
          <Explain preview={preview} />
        </details>
        <details class="details">
          <summary>Definition as JSON</summary>
          <pre class="json" tabIndex={0}>
            {JSON.stringify(segment.definition, null, 2)}
          </pre>
        </details>
      </section>
    </aside>
  );
}

/** For whoever may not ask for previews: the size that is known already. */
function KnownSize({ segment }: { segment: Segment }) {
  return (
    <aside class="card" aria-label="Members">
      <p class="label">Members</p>
      <p class="big-figure">{count(segment.size?.users)}</p>
      <p class="small faint">{segment.size && `at the end of ${day(segment.size.date)}`}</p>
    </aside>
  );
}

function DeleteButton({ segment }: { segment: Segment }) {
  const { route } = useLocation();
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const remove = async () => {
    try {
      await answer(
        api.DELETE("/v1/segments/{segment_id}", { params: { path: { segment_id: segment.id } } }),
      );
      forget("segments");
      toast("Segment deleted");
      route("/segments");
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <>
      <button
        type="button"
        class="button icon"
        aria-label="Delete segment"
        title="Delete segment"
        onClick={() => setAsking(true)}
      >
        <Trash size={16} aria-hidden="true" />
      </button>
      {asking && (
        <Dialog title={`Delete “${segment.name}”?`} onClose={() => setAsking(false)}>
          <p class="quiet">
            Its goals go on: they were frozen with its members. Segments that refer to it must be
            changed first.
          </p>
          {problem && <ProblemNotice problem={problem} />}
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setAsking(false)}>
              Keep it
            </button>
            <button type="button" class="button danger" onClick={remove}>
              Delete
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
