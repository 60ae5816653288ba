/** How far to trust a forecast: in words first, in figures behind a click. */
import type { ComponentChildren } from "preact";
import { BacktestChart } from "../charts/backtest";
import { GainsChart, ReliabilityChart } from "../charts/evaluation";
import { percent, plain } from "../format/numbers";
import { calibration, type Quality, RUNGS, ranking, rungOf, trackRecord } from "./quality";

export function QualityCard({
  quality,
  method,
  children,
}: {
  quality: Quality;
  method: string | null;
  children?: ComponentChildren;
}) {
  const calibrated = calibration(quality);
  return (
    <section class="card stack" aria-label="How far to trust it">
      <div class="split">
        <h2>How far to trust it</h2>
        {quality.word && (
          <span
            class={`pill ${{ excellent: "good", good: "good", fair: "warn" }[quality.word] ?? "bad"}`}
          >
            ranks users: {quality.word}
          </span>
        )}
      </div>
      <ul class="claims">
        <li>{trackRecord(quality)}</li>
        <li>{ranking(quality)}</li>
        {calibrated && <li>{calibrated}</li>}
        {quality.drift && quality.drift.word !== "small" && (
          <li>
            Users are {quality.drift.word === "large" ? "very" : "somewhat"} different from those of
            the past it learnt from{quality.drift.signal && ` (most in: ${quality.drift.signal})`}.
          </li>
        )}
      </ul>
      {method && <Ladder method={method} />}
      {children}
      <details class="details">
        <summary>Figures</summary>
        <div class="stack">
          {quality.origins.length > 0 && <BacktestChart origins={quality.origins} />}
          <div class="two">
            {quality.reliability.length > 0 && (
              <ReliabilityChart
                title="Do likelihoods mean what they say?"
                rows={quality.reliability.map((one) => ({ ...one, rate: one.observed }))}
              />
            )}
            {quality.deciles.length > 0 && <GainsChart deciles={quality.deciles} />}
          </div>
          <dl class="facts">
            {(
              [
                ["Lift quality (0 to 100; 60 is excellent)", quality.lift_quality, plainOne],
                ["AUC (0.5 is chance)", quality.auc, plainThree],
                ["Average precision", quality.average_precision, plainThree],
                ["Brier score", quality.brier, plainThree],
                ["Expected calibration error", quality.ece, percent],
                ["Mean error of past forecasts", quality.mape, percent],
              ] as const
            ).map(
              ([name, value, shown]) =>
                value !== null && (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{shown(value)}</dd>
                  </div>
                ),
            )}
          </dl>
        </div>
      </details>
    </section>
  );
}

const plainOne = (value: number) => plain(Math.round(value * 10) / 10);
const plainThree = (value: number) => value.toFixed(3);

/** Which step of the ladder for thin history a forecast stands on. */
function Ladder({ method }: { method: string }) {
  const at = rungOf(method);
  return (
    <div class="ladder">
      <ol aria-label="Steps of the method, from thin history to rich">
        {RUNGS.map((one, n) => (
          <li key={one.id} class={n <= at ? "reached" : ""} aria-current={n === at}>
            {one.label}
          </li>
        ))}
      </ol>
      <p class="small quiet">{RUNGS[at]?.says}</p>
    </div>
  );
}
