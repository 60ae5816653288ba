import { Plus } from "lucide-preact";
import {
  type Segment,
  useAccount,
  useEvents,
  useMe,
  useSegments,
  useTrend,
} from "../api/resources";
import { may } from "../api/roles";
import { Sparkline } from "../charts/sparkline";
import { dayOf, shortDay } from "../format/dates";
import { count, counted, signed } from "../format/numbers";
import { Command, Empty } from "../parts/empty";
import { ProblemNotice, StaleNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { Skeleton } from "../parts/skeleton";
import { describe } from "../segments/words";

export default function Segments() {
  const segments = useSegments();
  const events = useEvents();
  const account = useAccount();
  const me = useMe().data;
  const timezone = account.data?.timezone ?? "UTC";
  const all = segments.data?.data;
  const nothingLoaded = events.data?.watermark === null;
  const names = new Map(all?.map((one) => [one.id, one.name]));
  return (
    <Page
      title="Segments"
      lead="Groups of users by what they did and who they are. A goal is set on one of them."
      actions={
        may(me, "post_v1_segments") &&
        !nothingLoaded && (
          <a class="button primary" href="/segments/new">
            <Plus size={17} aria-hidden="true" /> New segment
          </a>
        )
      }
    >
      {segments.problem && !all && (
        <ProblemNotice problem={segments.problem} retry={segments.refresh} />
      )}
      <StaleNotice resource={segments} timezone={timezone} />
      {nothingLoaded ? (
        <NothingLoaded />
      ) : (
        <div class="card flush">
          <table class="inventory">
            <thead>
              <tr>
                <th scope="col">Segment</th>
                <th scope="col" class="number">
                  Users
                </th>
                <th scope="col" class="wide-only">
                  30 days
                </th>
                <th scope="col" class="wide-only">
                  Type
                </th>
                <th scope="col" class="wide-only">
                  Created
                </th>
                <th scope="col" class="number">
                  Goals
                </th>
              </tr>
            </thead>
            <tbody>
              {all
                ? all.map((segment) => (
                    <Line
                      key={segment.id}
                      segment={segment}
                      timezone={timezone}
                      nameOf={(id) => names.get(id)}
                    />
                  ))
                : segments.loading && [1, 2, 3, 4].map((n) => <SkeletonLine key={n} />)}
            </tbody>
          </table>
        </div>
      )}
      {all?.length === 1 && !nothingLoaded && (
        <Empty title="Nobody singled out yet">
          <p>
            All users are there without asking. A segment of your own says whom a goal is about:
            those who came back, those who went quiet, those who have never bought.
          </p>
          <a class="button" href="/segments/new">
            Build the first segment
          </a>
        </Empty>
      )}
    </Page>
  );
}

function Line({
  segment,
  timezone,
  nameOf,
}: {
  segment: Segment;
  timezone: string;
  nameOf: (id: string) => string | undefined;
}) {
  const trend = useTrend(segment.id);
  const points = trend.data?.points ?? [];
  const first = points[0];
  const last = points.at(-1);
  const moved = first && last ? last.users - first.users : null;
  const words = describe(segment.definition, { segment: nameOf });
  return (
    <tr>
      <td class="inventory-name">
        <a href={`/segments/${segment.id}`}>{segment.name}</a>
        <p class="small faint">{words}</p>
      </td>
      <td class="number">
        {segment.size ? (
          <>
            <span class="figure">
              {segment.size.estimated && "≈ "}
              {count(segment.size.users)}
            </span>
            <p class="small faint">{shortDay(segment.size.date)}</p>
          </>
        ) : last ? (
          <span class="figure">{count(last.users)}</span>
        ) : (
          "–"
        )}
      </td>
      <td class="wide-only spark-cell">
        {points.length > 1 ? (
          <div class="spark">
            <Sparkline values={points.map((one) => one.users)} />
            <span class="small faint">{moved !== null && signed(moved)}</span>
            <span class="hidden-visually">
              from {count(first?.users)} to {count(last?.users)} in {counted(points.length, "day")}
            </span>
          </div>
        ) : trend.loading ? (
          <Skeleton width="132px" height={30} />
        ) : (
          <span class="faint">–</span>
        )}
      </td>
      <td class="wide-only quiet">Past behaviour</td>
      <td class="wide-only quiet">
        {segment.created_at ? dayOf(segment.created_at, timezone) : "built in"}
      </td>
      <td class="number">{segment.goals.length > 0 ? count(segment.goals.length) : "–"}</td>
    </tr>
  );
}

function SkeletonLine() {
  return (
    <tr>
      <td class="inventory-name">
        <Skeleton width="60%" height={20} />
        <Skeleton width="80%" height={16} />
      </td>
      <td class="number">
        <Skeleton width="60px" height={38} />
      </td>
      <td class="wide-only">
        <Skeleton width="132px" height={34} />
      </td>
      <td class="wide-only">
        <Skeleton width="90px" />
      </td>
      <td class="wide-only">
        <Skeleton width="90px" />
      </td>
      <td />
    </tr>
  );
}

/** An account without data: how to get some, one's own or an example. */
export function NothingLoaded() {
  return (
    <Empty title="Nothing is loaded yet">
      <p>
        Segments and goals are made of what users did. Load a file of events (user_id, event, ts)
        with this command; data are here a moment later.
      </p>
      <Command>intent load events.parquet --until 2026-10-31</Command>
      <p>Or look around first: the demo replays two years of real shopping on this machine.</p>
      <Command>make demo</Command>
    </Empty>
  );
}
