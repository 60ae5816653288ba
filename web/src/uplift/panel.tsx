/**
 * Did it change anything? In the order of an experiment's results page: the verdict in words, whether
 * the comparison is sound, the figures, then who, when and why.
 */
import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-preact";
import { useLocation, useRoute } from "preact-iso";
import {
  type BucketName,
  type Goal,
  useAccount,
  useEngagements,
  useUplift,
} from "../api/resources";
import { day, typeset } from "../format/dates";
import { change, count, percent, points, signed } from "../format/numbers";
import { BUCKETS, bucketLabel } from "../goals/buckets";
import { Notice, ProblemNotice, StaleNotice } from "../parts/notice";
import { SkeletonCard } from "../parts/skeleton";
import { LinesChart, LooksChart } from "./day_charts";
import { MetricsTable } from "./metrics";
import { OverlapTable } from "./overlaps";
import { ReportLinks } from "./report_links";
import { ByGroupChart, ByTenthChart } from "./who";
import {
  answerOf,
  type Check,
  type Compared,
  headlineEstimate,
  healthChecks,
  interval,
  type Uplift,
} from "./words";

/** Nothing of it is shown before the first night. */
export function UpliftPanel({ goal }: { goal: Goal }) {
  const { query } = useRoute();
  const scope = query.uplift ?? "";
  const uplift = useUplift(goal.id, scope);
  const engagements = useEngagements(goal.id).data?.data;
  const timezone = useAccount().data?.timezone ?? "UTC";
  const { data } = uplift;
  return (
    <section class="stack" aria-labelledby="uplift-heading">
      <div class="section-head split" id="uplift">
        <div>
          <h2 id="uplift-heading">Did it change anything?</h2>
          <p class="quiet">
            Those who were to be reached against those who were held back by chance, whatever became
            of the messages.
          </p>
        </div>
        <ReportLinks goal={goal} />
      </div>
      <Scope goal={goal} chosen={scope} />
      <StaleNotice resource={uplift} timezone={timezone} />
      {uplift.problem && !data && <ProblemNotice problem={uplift.problem} retry={uplift.refresh} />}
      {!data && uplift.loading && <SkeletonCard height={420} label="Uplift is being fetched" />}
      {engagements && !engagements.some((one) => one.sends > 0) && (
        <Notice title="Nothing has gone out because of this goal">
          <p>
            Unless campaigns of your own leave its control group out, both arms were treated alike,
            and whatever they differ by is chance.
          </p>
        </Notice>
      )}
      {data && <Loaded uplift={data} goal={goal} />}
    </section>
  );
}

/** Of whom: the whole goal, a bucket of day 0, or who came into an engagement. */
function Scope({ goal, chosen }: { goal: Goal; chosen: string }) {
  const { route } = useLocation();
  const sent = useEngagements(goal.id).data?.data.filter((one) => one.sends > 0) ?? [];
  return (
    <div class="clause-line">
      <label for="uplift-of" class="quiet">
        Among
      </label>
      <select
        id="uplift-of"
        class="input auto"
        value={chosen}
        onChange={(event) => {
          const said = event.currentTarget.value;
          route(`/goals/${goal.id}${said ? `?uplift=${said}` : ""}#uplift`, true);
        }}
      >
        <option value="">all members</option>
        <optgroup label="Bucket of day 0">
          {BUCKETS.map((one) => (
            <option key={one.id} value={one.id}>
              {one.label}
            </option>
          ))}
        </optgroup>
        {sent.length > 0 && (
          <optgroup label="Who came into an engagement">
            {sent.map((one) => (
              <option key={one.id} value={one.id} selected={one.id === chosen}>
                {one.name}
              </option>
            ))}
          </optgroup>
        )}
      </select>
    </div>
  );
}

const ICONS = { good: CircleCheck, warn: TriangleAlert, bad: CircleAlert, info: Info };

function Loaded({ uplift, goal }: { uplift: Uplift; goal: Goal }) {
  const { tone, headline } = answerOf(uplift, uplift.direction, uplift.final);
  const broken = uplift.srm !== null && !uplift.srm.ok;
  const rolling = uplift.rolling_days != null;
  const holdout = useAccount().data?.holdout_share ?? 0;
  const checks = healthChecks(uplift, uplift.control_share, uplift.looks, rolling);
  return (
    <>
      <div class={`headline verdict ${tone}`}>
        <div class="headline-answer">
          <p class="headline-label">
            {uplift.engagement
              ? `Who came into “${uplift.engagement.name}”`
              : uplift.bucket
                ? `${bucketLabel(uplift.bucket as BucketName)} on day 0`
                : "Test against control"}
            , as of {day(uplift.date)}
          </p>
          <p class="headline-words">{headline}</p>
          <p class="quiet">{typeset(uplift.sentence)}</p>
        </div>
        <ul class="checks" aria-label="Whether the comparison is sound">
          {checks.map((one) => (
            <CheckLine key={one.name} check={one} />
          ))}
        </ul>
      </div>
      <div class="card stack">
        <Figures compared={uplift} />
        {broken && (
          <Notice tone="bad" title="Effects are off while the split is broken">
            <p>
              Look for what took users out of one arm alone: a list that was filtered after the
              draw, messages to members of control, or events that only one arm sends.
            </p>
          </Notice>
        )}
        <MetricsTable uplift={uplift} goal={goal} />
      </div>
      {uplift.by_day.length > 0 && !broken && (
        <div class="charts-two">
          <div class="card">
            <LinesChart uplift={uplift} />
          </div>
          <div class="card">
            <LooksChart uplift={uplift} />
          </div>
        </div>
      )}
      {!broken && (
        <div class="card stack">
          <ByGroupChart uplift={uplift} />
          <p class="small quiet">{uplift.persuadables.sentence}</p>
          {uplift.by_likelihood && uplift.by_likelihood.tenths.length > 0 && (
            <details class="details">
              <summary>By tenth of the likelihood</summary>
              <ByTenthChart uplift={uplift} />
            </details>
          )}
        </div>
      )}
      {uplift.overlaps.length > 0 && (
        <div class="card">
          <OverlapTable overlaps={uplift.overlaps} />
        </div>
      )}
      {holdout > 0 && (
        <p class="small quiet">
          {percent(holdout)} of all users are held out of every campaign and are in neither arm.{" "}
          <a href="/account/holdout">What all campaigns together change</a>
        </p>
      )}
      {uplift.notes.map((note) => (
        <p class="small faint" key={note}>
          {note}
        </p>
      ))}
    </>
  );
}

function CheckLine({ check }: { check: Check }) {
  const Icon = ICONS[check.tone];
  return (
    <li class={`check ${check.tone}`}>
      <Icon size={16} aria-hidden="true" />
      <span>
        <b>{check.name}</b> <span class="quiet">{check.says}</span>
      </span>
    </li>
  );
}

/** Rates of both arms, and what the difference is worth. */
function Figures({ compared }: { compared: Compared }) {
  const { estimate, by } = headlineEstimate(compared);
  const { test, control, relative, incremental_users } = compared;
  return (
    <dl class="tiles figures">
      <Rate name="Test" arm={test} />
      <Rate name="Control" arm={control} />
      <div>
        <dt>Difference</dt>
        <dd>{estimate?.value == null ? "–" : `${points(estimate.value)} pts`}</dd>
        <dd class="note">
          {interval(estimate, points)}; 95 %, {by}
        </dd>
      </div>
      <div>
        <dt>Relative lift</dt>
        <dd>{change(relative?.value)}</dd>
        <dd class="note">{interval(relative, change)}</dd>
      </div>
      <div>
        <dt>Incremental users</dt>
        <dd>
          {incremental_users?.value == null ? "–" : signed(Math.round(incremental_users.value))}
        </dd>
        <dd class="note">{interval(incremental_users, (n) => signed(Math.round(n ?? 0)))}</dd>
      </div>
    </dl>
  );
}

function Rate({ name, arm }: { name: string; arm: Compared["test"] }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{percent(arm.rate)}</dd>
      <dd class="note">
        {count(arm.did)} of {count(arm.users)}
        {arm.low95 !== null && `; ${percent(arm.low95)} to ${percent(arm.high95)}`}
      </dd>
    </div>
  );
}
