import { useEffect } from "preact/hooks";
import { useRoute } from "preact-iso";
import {
  type Goal,
  useAccount,
  useBuckets,
  useDrivers,
  useEvaluation,
  useGoal,
  useMe,
  useProgress,
  useReport,
  useSegment,
  useSends,
  useUplift,
} from "../api/resources";
import { may } from "../api/roles";
import { EngagementsCard } from "../engage/engagements_card";
import { daysBetween, period } from "../format/dates";
import { counted } from "../format/numbers";
import { GoalActions } from "../goals/actions";
import { BucketCards } from "../goals/bucket_cards";
import { DriversPanel } from "../goals/drivers_panel";
import { EvaluationPanel } from "../goals/evaluation_panel";
import { FlowChart } from "../goals/flow_chart";
import { Headline } from "../goals/headline";
import { type Baseline, CHART_HEIGHT, ProgressChart } from "../goals/progress_chart";
import { StatusPill } from "../goals/status";
import { WindowsChart } from "../goals/windows_chart";
import { ProblemNotice, StaleNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";
import { Tabs } from "../parts/tabs";
import { goalEvents } from "../segments/words";
import { UpliftPanel } from "../uplift/panel";

/** A goal that is being set up is looked at again this often. */
const SETTING_UP_MS = 2_000;
const NIGHTLY_MS = 300_000;

const SECTIONS = [
  { id: "progress", label: "Progress" },
  { id: "buckets", label: "Who to talk to" },
  { id: "uplift", label: "Uplift" },
  { id: "movement", label: "Movement" },
  { id: "drivers", label: "Drivers" },
  { id: "evaluation", label: "Trust" },
] as const;

const CRUMBS = [{ href: "/", label: "Goals" }];

export default function GoalPage() {
  const id = useRoute().params.id ?? "";
  const known = useGoal(id).data;
  const preparing = known === undefined || known.status === "preparing";
  const goal = useGoal(id, preparing ? SETTING_UP_MS : NIGHTLY_MS);
  if (!goal.data) {
    return (
      <Page title="Goal" crumbs={CRUMBS}>
        {goal.problem ? (
          <ProblemNotice problem={goal.problem} retry={goal.refresh} />
        ) : (
          <>
            <SkeletonCard height={190} label="The goal is being fetched" />
            <SkeletonCard height={CHART_HEIGHT + 140} label="Its progress is being fetched" />
          </>
        )}
      </Page>
    );
  }
  return <Loaded goal={goal.data} stale={goal} key={goal.data.status} />;
}

function Loaded({ goal, stale }: { goal: Goal; stale: ReturnType<typeof useGoal> }) {
  const timezone = useAccount().data?.timezone ?? "UTC";
  const segment = useSegment(goal.segment_id ?? null).data;
  const scored = goal.model_version !== null && goal.model_version !== undefined;
  const progress = useProgress(scored ? goal.id : null);
  const buckets = useBuckets(scored ? goal.id : null);
  const evaluation = useEvaluation(scored ? goal.id : null);
  const drivers = useDrivers(scored ? goal.id : null);
  const report = useReport(scored ? goal.id : null);
  const me = useMe().data;
  const events = goalEvents(goal.events, goal.match);
  const counted = progress.data !== undefined && progress.data.days.length > 0;
  const sections = SECTIONS.filter(
    ({ id }) =>
      ({
        progress: scored,
        buckets: scored,
        uplift: counted,
        movement: counted && goal.rolling_days == null,
        drivers: (drivers.data?.drivers.length ?? 0) > 0,
        evaluation: evaluation.data !== undefined,
      })[id],
  );
  useLinkedSection(sections.length);
  return (
    <Page
      title={goal.name}
      crumbs={CRUMBS}
      lead={
        <p class="goal-lead">
          <span class="goal-when">
            <StatusPill goal={goal} />
            {whenOf(goal)}
          </span>
          <span>
            {goal.direction === "maximize" ? "More" : "Less"} <b>{events}</b> among{" "}
            {segment ? (
              <a href={`/segments/${segment.id}`}>{segment.name}</a>
            ) : (
              "the members of its definition"
            )}
          </span>
        </p>
      }
      actions={<GoalActions goal={goal} />}
    >
      <StaleNotice resource={stale} timezone={timezone} />
      <StaleNotice resource={progress} timezone={timezone} />
      <Headline goal={goal} progress={progress.data} report={report.data} buckets={buckets.data} />
      {scored && (
        <Tabs
          label="On this page"
          tabs={sections.map(({ id, label }) => ({ href: `#${id}`, label }))}
        />
      )}
      {progress.problem && !progress.data && scored && (
        <ProblemNotice problem={progress.problem} retry={progress.refresh} />
      )}
      {scored &&
        (progress.data ? (
          <section class="card" id="progress">
            {goal.rolling_days != null ? (
              <WindowsChart goal={goal} progress={progress.data} />
            ) : (
              <Curve goal={goal} progress={progress.data} />
            )}
          </section>
        ) : (
          !progress.problem && (
            <SkeletonCard height={CHART_HEIGHT + 150} label="Progress is being fetched" />
          )
        ))}
      {buckets.problem && !buckets.data && (
        <ProblemNotice problem={buckets.problem} retry={buckets.refresh} />
      )}
      {scored &&
        (buckets.data ? (
          <BucketCards
            goal={goal}
            buckets={buckets.data}
            progress={progress.data}
            evaluation={evaluation.data}
            engage={(bucket) =>
              goal.status === "active" &&
              may(me, "post_v1_goals_goal_id_engagements") && (
                <a class="button small primary" href={`/goals/${goal.id}/engage?bucket=${bucket}`}>
                  Engage
                </a>
              )
            }
          />
        ) : (
          !buckets.problem && <SkeletonCard height={330} label="Buckets are being fetched" />
        ))}
      <EngagementsCard goal={goal} />
      {counted && <UpliftPanel goal={goal} />}
      {progress.data && counted && goal.rolling_days == null && (
        <section class="card" id="movement">
          <FlowChart
            progress={progress.data}
            goal={may(me, "get_v1_goals_goal_id_changes_users") ? goal.id : null}
          />
        </section>
      )}
      {drivers.data && drivers.data.drivers.length > 0 && (
        <div id="drivers">
          <DriversPanel drivers={drivers.data} direction={goal.direction} />
        </div>
      )}
      {evaluation.data && (
        <div id="evaluation">
          <EvaluationPanel evaluation={evaluation.data} report={report.data} />
        </div>
      )}
    </Page>
  );
}

function Curve({
  goal,
  progress,
}: {
  goal: Goal;
  progress: NonNullable<ReturnType<typeof useProgress>["data"]>;
}) {
  const last = progress.days.at(-1);
  const { outlook } = progress;
  const sends = useSends(goal.id).data ?? [];
  const over = goal.ends_on != null && last !== undefined && last.date >= goal.ends_on;
  const baseline = useBaseline(goal, sends.length > 0);
  return (
    <ProgressChart
      title="Predicted and actual"
      curve={progress.curve}
      asOf={goal.as_of}
      days={progress.days}
      target={goal.target}
      markers={sends}
      baseline={baseline}
      whisker={
        outlook && goal.ends_on && !over
          ? {
              date: goal.ends_on,
              value: outlook.value,
              low80: outlook.low80,
              high80: outlook.high80,
              low95: outlook.low95,
              high95: outlook.high95,
            }
          : undefined
      }
      summary={
        last
          ? `${counted(progress.days.length, "night")} of ${counted(progress.curve.length, "day")} closed. The band is what was said on day 0, with marketing as usual${
              over ? "." : "; the mark at the end is what is expected as of the last night."
            }`
          : "What was said on day 0; the first night brings the first actual number."
      }
    />
  );
}

/** A link to a section finds it although it is there only after the API has answered. */
function useLinkedSection(sections: number): void {
  useEffect(() => {
    const section = document.getElementById(location.hash.slice(1));
    section?.scrollIntoView();
  }, [sections]);
}

/** So many of control must have done it, or its line is a few steps that say nothing. */
const ENOUGH_FOR_A_LINE = 30;

/** What all members would have done without engagements, as the control group implies it. */
function useBaseline(goal: Goal, engaged: boolean): Baseline | undefined {
  const uplift = useUplift(engaged ? goal.id : null).data;
  if (!uplift || (uplift.srm && !uplift.srm.ok) || uplift.control.did < ENOUGH_FOR_A_LINE) return;
  const scale = (uplift.test.users + uplift.control.users) / uplift.test.users;
  const points = uplift.by_day.flatMap((one) =>
    one.baseline?.value == null ? [] : [{ date: one.date, value: one.baseline.value * scale }],
  );
  return { name: "without engagements, as control implies it", points };
}

function whenOf(goal: Goal): string {
  if (goal.rolling_days != null) return `the next ${goal.rolling_days} days, asked every night`;
  if (!goal.ends_on) return "";
  const days = daysBetween(goal.starts_on, goal.ends_on) + 1;
  const left =
    goal.status === "active" && goal.days_left != null
      ? `, ${counted(goal.days_left, "day")} left`
      : `, ${counted(days, "day")}`;
  return `${period(goal.starts_on, goal.ends_on)}${left}`;
}
