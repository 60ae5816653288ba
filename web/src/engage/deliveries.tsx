/** What an engagement sent, what failed, and sending that again. */
import { answer, type Problem } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { forget, problemOf } from "../api/resource";
import { type Delivery, useDeliveries, useFailures, useMe } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { day, instant } from "../format/dates";
import { bytes, count, counted } from "../format/numbers";
import { Empty } from "../parts/empty";
import { ProblemNotice } from "../parts/notice";
import { SkeletonCard } from "../parts/skeleton";
import { toast } from "../parts/toast";

const LOOK_AGAIN_MS = 5_000;

export function Deliveries({ id, timezone }: { id: string; timezone: string }) {
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

export function Failures({ id }: { id: string }) {
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
