/** What goes along with the goal's events: sentences with rates, strongest first. */
import { ArrowDown, ArrowUp } from "lucide-preact";
import { useState } from "preact/hooks";
import type { Drivers, Goal } from "../api/resources";
import { count, percent } from "../format/numbers";
import { Notice } from "../parts/notice";
import { goalEvents } from "../segments/words";
import { BUCKETS } from "./buckets";

const SHOWN = 6;

export function DriversPanel({
  drivers,
  direction,
}: {
  drivers: Drivers;
  direction: Goal["direction"];
}) {
  const [all, setAll] = useState(false);
  const top = Math.max(
    0.01,
    ...drivers.drivers.flatMap((one) => [one.rate_with, one.rate_without]),
  );
  const at = (rate: number) => `${(rate / top) * 100}%`;
  const shown = all ? drivers.drivers : drivers.drivers.slice(0, SHOWN);
  const events = goalEvents(drivers.events);
  return (
    <section class="card" aria-labelledby="drivers-heading">
      <div class="card-head">
        <div>
          <h2 id="drivers-heading">What goes along with {events}</h2>
          <p>
            Rates of members with and without each sign, in past windows of the same length. Seen
            together; that one causes the other is not said.
          </p>
        </div>
      </div>
      {drivers.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          <p>{warning}</p>
        </Notice>
      ))}
      <ol class="drivers">
        {shown.map((one, n) => {
          const up = one.direction === 1;
          // Colours say good or bad, arrows say up or down.
          const tone = up === (direction === "maximize") ? "good" : "bad";
          return (
            <li key={one.condition}>
              <span class={`driver-sign ${tone}`}>
                {up ? (
                  <ArrowUp size={15} aria-label="raises" />
                ) : (
                  <ArrowDown size={15} aria-label="lowers" />
                )}
              </span>
              <div class="driver-body">
                <p class="strong">{capital(one.condition)}</p>
                <p class="small faint">
                  {percent(one.share_with)} of members
                  {bucketShares(drivers, n)}
                </p>
              </div>
              <div class="driver-rates">
                <p>
                  <span class="faint">{percent(one.rate_without)}</span>{" "}
                  <span aria-hidden="true">→</span>
                  <span class="hidden-visually"> without, </span> <b>{percent(one.rate_with)}</b>
                  <span class="hidden-visually"> with it</span>
                </p>
                <div class="driver-track" aria-hidden="true">
                  <i
                    class={tone}
                    style={{
                      left: at(Math.min(one.rate_with, one.rate_without)),
                      width: at(Math.abs(one.rate_with - one.rate_without)),
                    }}
                  />
                  <b style={{ left: at(one.rate_with) }} />
                </div>
              </div>
            </li>
          );
        })}
      </ol>
      {drivers.drivers.length > SHOWN && (
        <button type="button" class="button plain small" onClick={() => setAll(!all)}>
          {all ? "Show the strongest" : `Show all ${count(drivers.drivers.length)}`}
        </button>
      )}
    </section>
  );
}

function bucketShares(drivers: Drivers, n: number): string {
  const shares = BUCKETS.flatMap(({ id, label }) => {
    const found = drivers.buckets[id]?.find((one) => one.driver === n);
    return found ? [`${label.toLowerCase()} ${percent(found.share)}`] : [];
  });
  return shares.length > 0 ? ` · of ${shares.join(", ")}` : "";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
