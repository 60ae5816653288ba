import { answer, type Schema } from "@intent-segments/client";
import { useResource } from "../api/resource";
import { api } from "../api/setup";
import { Sparkline } from "../charts/sparkline";
import { shortDay } from "../format/dates";
import { counted, percent } from "../format/numbers";
import { bucketLabel } from "./buckets";

type Night = Schema<"IntentNights">["data"][number];
const NIGHTS = 14;

/** How a user stood in a goal on its last nights: a line, and the nights in a table. */
export function IntentNights({ user, intent }: { user: string; intent: { goal_id: string } }) {
  const path = { user_id: user, goal_id: intent.goal_id };
  const { data } = useResource(`users/${user}/${intent.goal_id}/nights`, () =>
    answer(
      api.GET("/v1/users/{user_id}/intents/{goal_id}/nights", {
        params: { path, query: { limit: NIGHTS } },
      }),
    ),
  );
  const nights = data?.data ?? [];
  if (nights.length < 2) return null;
  const open = nights.flatMap((night) => (night.likelihood === null ? [] : [night.likelihood]));
  return (
    <details class="details">
      <summary>
        The last {counted(nights.length, "night")}
        {open.length > 1 && <Sparkline values={open.reverse()} least={0.02} />}
      </summary>
      <table class="compact-table">
        <thead>
          <tr>
            <th scope="col">Night</th>
            <th scope="col">Bucket</th>
            <th scope="col" class="number">
              Likelihood
            </th>
          </tr>
        </thead>
        <tbody>
          {nights.map((night) => (
            <tr key={night.date}>
              <td>{shortDay(night.date)}</td>
              <td>{standing(night)}</td>
              <td class="number">{night.likelihood === null ? "" : percent(night.likelihood)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function standing(night: Night): string {
  if (night.state !== "open") return night.state === "achieved" ? "has done it" : "lost";
  return night.bucket === null ? "" : bucketLabel(night.bucket);
}
