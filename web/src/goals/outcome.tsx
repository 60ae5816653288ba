/** A forecast on screen: the number, the fan, the wanted number, the trust, the buckets. */
import type { Forecast } from "../api/resources";
import { day, period } from "../format/dates";
import { between, chance, count, counted, percent, range } from "../format/numbers";
import { Notice } from "../parts/notice";
import { goalEvents } from "../segments/words";
import { AdviceNotice } from "./advice";
import { bucketAdvice, bucketLabel } from "./buckets";
import { ProgressChart } from "./progress_chart";
import { qualityOf } from "./quality";
import { QualityCard } from "./quality_card";
import { likely, wanted } from "./verdict";

export function Outcome({
  forecast,
  onEvent,
  onEndDate,
}: {
  forecast: Forecast;
  onEvent: (event: string) => void;
  onEndDate: (date: string) => void;
}) {
  const low = forecast.intervals["80"]?.low ?? 0;
  const high = forecast.intervals["80"]?.high ?? 0;
  const low95 = forecast.intervals["95"]?.low ?? low;
  const high95 = forecast.intervals["95"]?.high ?? high;
  const events = goalEvents(forecast.events, forecast.match);
  const end = forecast.ends_on ?? forecast.curve.at(-1)?.date ?? "";
  const by = forecast.ends_on
    ? `by ${day(forecast.ends_on)}`
    : `within ${forecast.rolling_days} days`;
  const total = forecast.events_total;
  return (
    <div class="stack">
      <section class="card outcome" aria-label="The forecast">
        <p class="small faint">
          {period(forecast.starts_on, end)}, with marketing as usual · history up to{" "}
          {day(forecast.as_of)}
        </p>
        <p class="outcome-line">
          <strong class="big-figure">{count(forecast.value)}</strong>
          <span>
            of {count(forecast.users)} members are expected to do <b>{events}</b> {by}
          </span>
        </p>
        <IntervalBar forecast={forecast} />
        <p class="small quiet">
          With 80 % certainty {between(low, high)}, with 95 % {between(low95, high95)}.
          {total &&
            Math.round(total.value) !== Math.round(forecast.value) &&
            ` In all ${counted(total.value, "event")}, ${range(total.low80, total.high80)}.`}
        </p>
        {forecast.target && <TargetVerdict forecast={forecast} />}
      </section>
      {forecast.advice && (
        <AdviceNotice
          title="More history would make this better"
          advice={forecast.advice}
          onEvent={onEvent}
          onEndDate={onEndDate}
        />
      )}
      {forecast.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          <p>{warning}</p>
        </Notice>
      ))}
      <section class="card">
        <ProgressChart
          title="How it comes together"
          curve={forecast.curve}
          asOf={forecast.as_of}
          target={forecast.target}
          whisker={{ date: end, value: forecast.value, low80: low, high80: high, low95, high95 }}
          summary={`Members who will have done it by each day, ${count(forecast.value)} in the end.`}
        />
      </section>
      <QualityCard quality={qualityOf(forecast.quality)} method={forecast.method} />
      <ExpectedBuckets forecast={forecast} />
    </div>
  );
}

/** All intervals on one line from nobody to the far end of the widest. */
function IntervalBar({ forecast }: { forecast: Forecast }) {
  const high = Math.max(
    forecast.intervals["95"]?.high ?? forecast.value,
    forecast.target?.metric === "users" ? forecast.target.value : 0,
    1,
  );
  const at = (value: number) => `${Math.min(100, (value / (high * 1.06)) * 100)}%`;
  return (
    <div class="interval-bar" aria-hidden="true">
      {(["95", "80", "50"] as const).map((width) => {
        const one = forecast.intervals[width];
        return (
          one && (
            <i
              key={width}
              class={`interval-${width}`}
              style={{ left: at(one.low), width: `calc(${at(one.high)} - ${at(one.low)})` }}
            />
          )
        );
      })}
      <b style={{ left: at(forecast.value) }} />
      {forecast.target?.metric === "users" && (
        <em style={{ left: at(forecast.target.value) }}>
          <span>wanted {count(forecast.target.value)}</span>
        </em>
      )}
    </div>
  );
}

const VERDICTS: Record<string, readonly [string, string]> = {
  within_reach: ["Within reach", "good"],
  a_stretch: ["A stretch", "warn"],
  not_realistic: ["Not realistic", "bad"],
};

function TargetVerdict({ forecast }: { forecast: Forecast }) {
  const { target } = forecast;
  if (!target) return null;
  const [word, tone] = VERDICTS[target.verdict] ?? [target.verdict, ""];
  return (
    <div class={`target-verdict ${tone}`}>
      <span class={`pill ${tone}`}>{word}</span>
      <p>
        {target.probability != null ? (
          <>
            The chance to {wanted(forecast, target.value, target.metric)} is{" "}
            <b>{chance(target.probability)}</b>: {likely(target.probability)[0].toLowerCase()}.
          </>
        ) : (
          `No chance can be given to ${wanted(forecast, target.value, target.metric)}.`
        )}
        {target.even_chance != null && (
          <span class="quiet"> Even odds lie at {count(target.even_chance)}.</span>
        )}
      </p>
    </div>
  );
}

export function ExpectedBuckets({ forecast }: { forecast: Forecast }) {
  const buckets = forecast.buckets ?? [];
  if (buckets.length === 0) return null;
  const all = buckets.reduce((sum, one) => sum + one.users, 0) || 1;
  const alike = qualityOf(forecast.quality).auc ?? 0.5;
  return (
    <section class="card" aria-label="Expected buckets">
      <div class="card-head">
        <div>
          <h2>Buckets to expect</h2>
          <p>
            {alike < 0.55
              ? "Everybody looks much alike here; the buckets will say little."
              : "Whom the goal will offer to talk to, once it is saved."}
          </p>
        </div>
      </div>
      <ul class="expected-buckets">
        {buckets.map((one) => (
          <li key={one.bucket}>
            <i class={`swatch box ${one.bucket}`} aria-hidden="true" />
            <div>
              <h3>{bucketLabel(one.bucket)}</h3>
              <p class="small quiet">{bucketAdvice(one.bucket, forecast.direction)}</p>
            </div>
            <div class="number">
              <b>{count(one.users)}</b>
              <p class="small faint">{percent(one.users / all)} of members</p>
            </div>
            <div class="number">
              <b>{one.users ? percent(one.expected_users / one.users) : "–"}</b>
              <p class="small faint">expected to do it</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
