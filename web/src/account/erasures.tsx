/** Requests to erase a user: what became of them. None of it says who the user was. */
import { useAccount, useErasures } from "../api/resources";
import { day, instant } from "../format/dates";
import { count, counted } from "../format/numbers";
import { Empty } from "../parts/empty";
import { ProblemNotice, StaleNotice } from "../parts/notice";
import { SkeletonCard } from "../parts/skeleton";

export function Erasures() {
  const erasures = useErasures();
  const timezone = useAccount().data?.timezone ?? "UTC";
  const all = erasures.data?.data;
  if (!all && erasures.loading) {
    return <SkeletonCard height={220} label="Erasures are being fetched" />;
  }
  if (!all) {
    return erasures.problem ? (
      <ProblemNotice problem={erasures.problem} retry={erasures.refresh} />
    ) : null;
  }
  if (all.length === 0) {
    return (
      <Empty title="Nobody was erased">
        <p>
          Who asks to be forgotten is looked up under Users and erased there: hidden at once, gone
          from every file with the next night.
        </p>
        <a class="button" href="/users">
          Look up a user
        </a>
      </Empty>
    );
  }
  return (
    <>
      <StaleNotice resource={erasures} timezone={timezone} />
      <section class="card" aria-labelledby="erasures-heading">
        <div class="card-head">
          <div>
            <h2 id="erasures-heading">Erasures</h2>
            <p>
              A pending one is hidden already and removed with the next erasure run. Keep its id
              where you keep the request: nothing here says who it was.
            </p>
          </div>
        </div>
        <section class="scroll-x" tabIndex={0} aria-label="Erasures, as a table">
          <table class="compact-table">
            <thead>
              <tr>
                <th scope="col">Erasure</th>
                <th scope="col">Status</th>
                <th scope="col">Asked for</th>
                <th scope="col">Done</th>
                <th scope="col" class="number">
                  Events
                </th>
                <th scope="col" class="number">
                  Scores
                </th>
                <th scope="col" class="number">
                  Earlier versions
                </th>
                <th scope="col">Recoverable until</th>
              </tr>
            </thead>
            <tbody>
              {all.map((one) => (
                <tr key={one.id}>
                  <th scope="row" class="mono">
                    {one.id}
                    {one.goals.length > 0 && (
                      <span class="small faint block">
                        the models of {counted(one.goals.length, "goal")} are trained again
                      </span>
                    )}
                  </th>
                  <td>
                    <span class={`pill ${one.status === "done" ? "good" : "warn"}`}>
                      {one.status}
                    </span>
                  </td>
                  <td>
                    {instant(one.requested_at, timezone)}
                    {one.requested_by && (
                      <span class="small faint block">by {one.requested_by}</span>
                    )}
                  </td>
                  <td>{instant(one.done_at, timezone)}</td>
                  <td class="number">{count(one.removed?.events)}</td>
                  <td class="number">{count(one.removed?.scores)}</td>
                  <td class="number">{count(one.removed?.versions)}</td>
                  <td>{one.recoverable_until ? day(one.recoverable_until.slice(0, 10)) : "–"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </section>
    </>
  );
}
