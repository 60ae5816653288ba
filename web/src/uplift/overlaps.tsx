import { count } from "../format/numbers";
import type { Uplift } from "./words";

/** Whom other goals at work hold back among the same members. */
export function OverlapTable({ overlaps }: { overlaps: Uplift["overlaps"] }) {
  return (
    <>
      <div class="card-head">
        <div>
          <h3>Overlap with other goals</h3>
          <p>
            Goals on the same events hold back the same users; others draw independently, so a
            message of one may reach the other’s control group.
          </p>
        </div>
      </div>
      <section class="scroll-x" tabIndex={0} aria-label="Overlap with other goals, as a table">
        <table class="compact-table">
          <thead>
            <tr>
              <th scope="col">Goal</th>
              <th scope="col" class="number">
                Members of both
              </th>
              <th scope="col" class="number">
                Held back here
              </th>
              <th scope="col" class="number">
                Held back there
              </th>
              <th scope="col" class="number">
                By both
              </th>
              <th scope="col" class="number">
                Expected
              </th>
            </tr>
          </thead>
          <tbody>
            {overlaps.map((one) => (
              <tr key={one.goal_id}>
                <th scope="row">
                  <a href={`/goals/${one.goal_id}`}>{one.name}</a>
                  {one.same_events && <span class="small faint block">same events</span>}
                </th>
                <td class="number">{count(one.members)}</td>
                <td class="number">{count(one.control_here)}</td>
                <td class="number">{count(one.control_there)}</td>
                <td class="number">{count(one.control_in_both)}</td>
                <td class="number">{one.expected_in_both.toFixed(1)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
