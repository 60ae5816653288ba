/** The three answers at a glance: will we make it, how sure is that, who to talk to. */
import { CircleCheck, CircleX, Clock3, TriangleAlert } from "lucide-preact";
import type { Buckets, Goal, Progress, Report } from "../api/resources";
import { shortDay, shortPeriod } from "../format/dates";
import { chance, change, count, span } from "../format/numbers";
import { bucketAdvice, bucketLabel, firstToTalkTo } from "./buckets";
import { qualityOf } from "./quality";
import { newestWindow, verdictOf } from "./verdict";

const ICONS = { good: CircleCheck, warn: TriangleAlert, bad: CircleX, neutral: Clock3 };

export function Headline({
  goal,
  progress,
  report,
  buckets,
}: {
  goal: Goal;
  progress: Progress | undefined;
  report: Report | undefined;
  buckets: Buckets | undefined;
}) {
  const verdict = verdictOf(goal, progress, report);
  const Icon = ICONS[verdict.tone];
  return (
    <section class={`headline ${verdict.tone}`} aria-label="At a glance">
      <div class="headline-answer">
        <p class="headline-label">
          <Icon size={17} aria-hidden="true" />{" "}
          {goal.rolling_days != null
            ? "How many will it be?"
            : isOver(goal)
              ? "Did we make it?"
              : "Are we going to make it?"}
        </p>
        <p class="headline-words">{verdict.headline}</p>
        <p class="quiet">{verdict.detail}</p>
      </div>
      <dl class="headline-facts">
        {goal.rolling_days != null ? (
          <WindowFact progress={progress} />
        ) : (
          <TodayFact progress={progress} />
        )}
        <SureFact goal={goal} progress={progress} report={report} />
        <TalkFact goal={goal} buckets={buckets} />
      </dl>
    </section>
  );
}

function TodayFact({ progress }: { progress: Progress | undefined }) {
  const last = progress?.days.at(-1);
  return (
    <div>
      <dt>Did it{last && ` by ${shortDay(last.date)}`}</dt>
      <dd>{count(last?.did)}</dd>
      <dd class="note">
        {last?.predicted
          ? `${count(last.predicted.value)} predicted, ${
              last.did < last.predicted.low80 || last.did > last.predicted.high80
                ? "outside"
                : "inside"
            } the 80 % band`
          : "no prediction for this day"}
      </dd>
    </div>
  );
}

/** Of a rolling goal: the newest window that is over, beside what its night had said. */
function WindowFact({ progress }: { progress: Progress | undefined }) {
  const newest = newestWindow(progress);
  return (
    <div>
      <dt>
        Did it{newest?.window && `, ${shortPeriod(newest.window.starts_on, newest.window.ends_on)}`}
      </dt>
      <dd>{count(newest?.window?.did)}</dd>
      <dd class="note">
        {newest?.predicted
          ? `${count(newest.predicted.value)} predicted that night, ${count(
              newest.predicted.low80,
            )} to ${count(newest.predicted.high80)} with 80\u202f% certainty`
          : "no window is over yet"}
      </dd>
    </div>
  );
}

function SureFact({
  goal,
  progress,
  report,
}: {
  goal: Goal;
  progress: Progress | undefined;
  report: Report | undefined;
}) {
  const quality = qualityOf(goal.forecast?.quality);
  if (report?.final && report.outcome) {
    const { error, within, predicted } = report.outcome;
    return (
      <div>
        <dt>Forecast was off by</dt>
        <dd>{change(error)}</dd>
        <dd class="note">
          {count(predicted)} predicted;{" "}
          {within ? `inside its ${within} % interval` : "outside its 95 % interval"}
        </dd>
      </div>
    );
  }
  // A rolling goal is asked anew every night; its forecast of day 0 is of days long gone.
  const rolling = goal.rolling_days != null ? progress?.days.at(-1)?.predicted : null;
  const outlook = rolling ?? progress?.outlook;
  const forecast = goal.forecast;
  const low = outlook?.low80 ?? forecast?.intervals["80"]?.low;
  const high = outlook?.high80 ?? forecast?.intervals["80"]?.high;
  return (
    <div>
      <dt>How sure? 80 % certain</dt>
      <dd>{low != null && high != null ? span(low, high) : "–"}</dd>
      <dd class="note">
        {quality.mape != null
          ? `past forecasts were off by ${chance(quality.mape)} on average`
          : "no past forecast to compare with"}
      </dd>
    </div>
  );
}

function TalkFact({ goal, buckets }: { goal: Goal; buckets: Buckets | undefined }) {
  const first = firstToTalkTo(goal.direction);
  const bucket = buckets?.buckets.find((one) => one.bucket === first);
  const over = isOver(goal);
  return (
    <div>
      <dt>{over ? "Never did it" : `Talk to: ${bucketLabel(first).toLowerCase()}`}</dt>
      <dd>
        {bucket && buckets ? (
          <a href="#buckets">{count(over ? buckets.open : bucket.users)}</a>
        ) : (
          "–"
        )}
      </dd>
      <dd class="note">
        {over ? "members, in all three buckets" : bucketAdvice(first, goal.direction)}
      </dd>
    </div>
  );
}

function isOver(goal: Goal): boolean {
  return goal.status === "ended" || goal.status === "archived";
}
