/** How it turned out: the report's sentences, the ranking of day 0, test against control. */
import type { Evaluation, Report } from "../api/resources";
import { ReliabilityChart } from "../charts/evaluation";
import { typeset } from "../format/dates";
import { count, percent } from "../format/numbers";
import { Notice } from "../parts/notice";
import { bucketLabel } from "./buckets";
import { qualityOf } from "./quality";
import { QualityCard } from "./quality_card";

export function EvaluationPanel({
  evaluation,
  report,
}: {
  evaluation: Evaluation;
  report: Report | undefined;
}) {
  const ranked = report?.ranking;
  return (
    <div class="stack">
      {evaluation.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          <p>{warning}</p>
        </Notice>
      ))}
      <QualityCard quality={qualityOf(evaluation.quality)} method={evaluation.method}>
        <div class="scroll-x">
          <table class="compact-table">
            <caption>
              Buckets of day 0: what was expected of them and what they did
              {evaluation.finished ? "" : " so far"}
            </caption>
            <thead>
              <tr>
                <th scope="col">Bucket</th>
                <th scope="col" class="number">
                  Members
                </th>
                <th scope="col" class="number">
                  Expected
                </th>
                <th scope="col" class="number">
                  Did it
                </th>
                <th scope="col" class="number">
                  Rate
                </th>
                <th scope="col" class="number">
                  95 % certain
                </th>
              </tr>
            </thead>
            <tbody>
              {evaluation.buckets.map((one) => (
                <tr key={one.bucket}>
                  <th scope="row">
                    <i class={`swatch box ${one.bucket}`} aria-hidden="true" />
                    {bucketLabel(one.bucket)}
                  </th>
                  <td class="number">{count(one.users)}</td>
                  <td class="number">{count(one.expected_users)}</td>
                  <td class="number">{count(one.did)}</td>
                  <td class="number">{percent(one.rate)}</td>
                  <td class="number">
                    {one.low95 != null && one.high95 != null
                      ? `${percent(one.low95)} to ${percent(one.high95)}`
                      : "–"}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </QualityCard>
      {report && report.summary.length > 0 && (
        <section class="card stack" aria-label="The report">
          <h2>{report.final ? "How it turned out" : "How it stands"}</h2>
          <ul class="claims">
            {report.summary.map((sentence) => (
              <li key={sentence}>{typeset(sentence)}</li>
            ))}
          </ul>
          {ranked && ranked.reliability.length > 0 && (
            <details class="details">
              <summary>
                How well day 0 told members apart (AUC{" "}
                {ranked.auc != null ? ranked.auc.toFixed(2) : "–"})
              </summary>
              <ReliabilityChart
                title="Likelihoods of day 0 against what came"
                rows={ranked.reliability}
              />
            </details>
          )}
        </section>
      )}
    </div>
  );
}
