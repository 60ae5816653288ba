import { Plus } from "lucide-preact";
import { useState } from "preact/hooks";
import {
  type Goal,
  useAccount,
  useEvents,
  useGoals,
  useMe,
  useProgress,
  useReport,
  useSegments,
} from "../api/resources";
import { may } from "../api/roles";
import { MiniFan } from "../charts/mini_fan";
import { period } from "../format/dates";
import { count, counted } from "../format/numbers";
import { StatusPill } from "../goals/status";
import { type Verdict, verdictOf } from "../goals/verdict";
import { Empty } from "../parts/empty";
import { ProblemNotice, StaleNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";
import { goalEvents } from "../segments/words";
import { NothingLoaded } from "./segments";

const LOOK_AGAIN_MS = 15_000;
const PAST_SHOWN = 5;
const AT_WORK: readonly Goal["status"][] = ["preparing", "active", "needs_data", "failed"];

export default function Goals() {
  const goals = useGoals(LOOK_AGAIN_MS);
  const events = useEvents();
  const account = useAccount().data;
  const me = useMe().data;
  const [allPast, setAllPast] = useState(false);
  const all = goals.data?.data;
  const now = all?.filter((one) => AT_WORK.includes(one.status)) ?? [];
  const past = all?.filter((one) => !AT_WORK.includes(one.status)) ?? [];
  const shownPast = allPast ? past : past.slice(0, PAST_SHOWN);
  const nothingLoaded = events.data?.watermark === null;
  const full = account ? account.active_goals >= account.goal_limit : false;
  return (
    <Page
      title="Goals"
      lead={
        account
          ? `${counted(account.active_goals, "goal")} at work, of ${count(account.goal_limit)} that have room.`
          : "What is to be reached, and whether it will be."
      }
      actions={
        may(me, "post_v1_goals") &&
        !nothingLoaded && (
          <a class="button primary" href="/goals/new">
            <Plus size={17} aria-hidden="true" /> New goal
          </a>
        )
      }
    >
      {goals.problem && !all && <ProblemNotice problem={goals.problem} retry={goals.refresh} />}
      <StaleNotice resource={goals} timezone={account?.timezone ?? "UTC"} />
      {nothingLoaded && <NothingLoaded />}
      {!all && goals.loading && (
        <>
          <SkeletonCard height={148} label="Goals are being fetched" />
          <SkeletonCard height={148} label="Goals are being fetched" />
        </>
      )}
      {all && all.length === 0 && !nothingLoaded && (
        <Empty title="No goal yet">
          <p>
            Take a segment, say what its users should do and by when. The forecast answers at once
            how many will; what you save is followed night by night.
          </p>
          <div class="actions">
            <a class="button primary" href="/goals/new">
              Set the first goal
            </a>
            <a class="button" href="/segments/new">
              Build a segment first
            </a>
          </div>
        </Empty>
      )}
      {all && now.length === 0 && past.length > 0 && !full && (
        <p class="quiet">
          No goal is at work. These are over; what came of them can be read for ever.
        </p>
      )}
      {now.length > 0 && (
        <ul class="stack goal-list">
          {now.map((goal) => (
            <GoalRow key={goal.id} goal={goal} />
          ))}
        </ul>
      )}
      {past.length > 0 && (
        <section class="stack" aria-labelledby="past-heading">
          <h2 id="past-heading" class="list-head">
            Over <span class="faint">{count(past.length)}</span>
          </h2>
          <ul class="stack goal-list">
            {shownPast.map((goal) => (
              <GoalRow key={goal.id} goal={goal} />
            ))}
          </ul>
          {past.length > PAST_SHOWN && (
            <div>
              <button type="button" class="button" onClick={() => setAllPast(!allPast)}>
                {allPast ? "Show the newest" : `Show all ${count(past.length)}`}
              </button>
            </div>
          )}
        </section>
      )}
    </Page>
  );
}

function GoalRow({ goal }: { goal: Goal }) {
  const scored = goal.model_version != null;
  const progress = useProgress(scored ? goal.id : null);
  const over = goal.status === "ended" || goal.status === "archived";
  const report = useReport(scored && over ? goal.id : null);
  const segment = useSegments().data?.data.find((one) => one.id === goal.segment_id);
  const waiting = scored && !progress.data && !progress.problem;
  const verdict: Verdict = waiting
    ? { tone: "neutral", headline: " ", detail: " " }
    : verdictOf(goal, progress.data, report.data);
  const last = progress.data?.days.at(-1);
  const rolling = goal.rolling_days != null;
  return (
    <li class={`card goal-row ${verdict.tone}`}>
      <div class="goal-row-text">
        <p class="small faint goal-row-top">
          <StatusPill goal={goal} />
          <span>
            {goal.direction === "maximize" ? "More" : "Less"} {goalEvents(goal.events, goal.match)}
            {segment && ` · ${segment.name}`}
          </span>
        </p>
        <h2>
          <a href={`/goals/${goal.id}`}>{goal.name}</a>
        </h2>
        <p class={`goal-row-verdict ${verdict.tone}`}>{verdict.headline}</p>
        <p class="small quiet">{verdict.detail}</p>
      </div>
      <div class="goal-row-chart">
        {goal.forecast && goal.rolling_days == null ? (
          <MiniFan
            curve={goal.forecast.curve}
            days={progress.data?.days ?? []}
            target={goal.target?.metric === "users" ? goal.target.value : null}
          />
        ) : (
          <div class="mini-fan" />
        )}
        <p class="small faint">
          {goal.ends_on
            ? period(goal.starts_on, goal.ends_on)
            : `next ${goal.rolling_days} days, every night`}
          {goal.status === "active" &&
            goal.days_left != null &&
            ` · ${counted(goal.days_left, "day")} left`}
        </p>
      </div>
      <div class="goal-row-figure">
        <p class="big-figure">{count(rolling ? last?.predicted?.value : last?.did)}</p>
        <p class="small faint">
          {rolling && "expected "}of {count(goal.users ?? goal.forecast?.users)}
        </p>
      </div>
    </li>
  );
}
