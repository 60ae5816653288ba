import { answer, type Schema } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { type Segment, useSegment } from "../api/resources";
import { api } from "../api/setup";
import { EngageForm } from "../engage/form";
import { Notice, ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { Segmented } from "../parts/segmented";
import { SkeletonCard } from "../parts/skeleton";
import { describe } from "../segments/words";

type Crossing = NonNullable<Schema<"SegmentAudience">["stream"]>[number];

/** `/segments/:id/engage`: reach the members of a segment, or tell who enters and leaves it. */
export default function EngageSegmentPage() {
  const id = useRoute().params.id ?? "";
  const segment = useSegment(id);
  const { data } = segment;
  const crumbs = [
    { href: "/segments", label: "Segments" },
    { href: `/segments/${id}`, label: data?.name ?? "Segment" },
  ];
  return (
    <Page
      title="Engage"
      crumbs={crumbs}
      lead="A plain segment has no control group, so what this does cannot be measured."
    >
      {data ? (
        <EngageSegment segment={data} />
      ) : segment.problem ? (
        <ProblemNotice problem={segment.problem} retry={segment.refresh} />
      ) : (
        <SkeletonCard height={420} label="The segment is being fetched" />
      )}
    </Page>
  );
}

function EngageSegment({ segment }: { segment: Segment }) {
  const [told, setTold] = useState<"members" | Crossing | "both">("members");
  const [initial, setInitial] = useState(false);
  const stream: Crossing[] | null =
    told === "members" ? null : told === "both" ? ["entered", "left"] : [told];
  return (
    <EngageForm
      usual={stream ? `Who crosses: ${segment.name}` : segment.name}
      ends="until it is stopped"
      needs="post_v1_engagements"
      closed={null}
      stream={stream !== null}
      send={(written, key) =>
        answer(
          api.POST("/v1/engagements", {
            params: { header: { "Idempotency-Key": key } },
            body: {
              ...written,
              audience: {
                segment: segment.id,
                ...(stream ? { stream, initial } : { initial: false }),
              },
            },
          }),
        )
      }
      whom={
        <>
          <Segmented
            label="Whom"
            value={told}
            options={[
              ["members", "Its members"],
              ["entered", "Who enters"],
              ["left", "Who leaves"],
              ["both", "Both"],
            ]}
            onChange={setTold}
          />
          <p class="hint">{describe(segment.definition)}</p>
          {stream?.includes("entered") && (
            <label class="choice">
              <input
                type="checkbox"
                checked={initial}
                onChange={(event) => setInitial(event.currentTarget.checked)}
              />
              <span>Tell the members of the first night as entered</span>
            </label>
          )}
        </>
      }
      aside={
        <Notice title="To measure it, make a goal">
          <p>
            A goal on this segment holds a control group back.{" "}
            <a href={`/goals/new?segment=${segment.id}`}>New segment goal</a>
          </p>
        </Notice>
      }
    />
  );
}
