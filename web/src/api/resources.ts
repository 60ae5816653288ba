/** One hook for each thing the API has; keys name what is remembered. */
import { answer, type Schema } from "@intent-segments/client";
import { type Resource, useResource } from "./resource";
import { api } from "./setup";

export type Goal = Schema<"Goal">;
export type Segment = Schema<"Segment">;
export type Forecast = Schema<"Forecast">;
export type Progress = Schema<"Progress">;
export type Buckets = Schema<"Buckets">;
export type Evaluation = Schema<"GoalEvaluation">;
export type Drivers = Schema<"Drivers">;
export type Report = Schema<"GoalReport">;
export type Account = Schema<"Account">;
export type Run = Schema<"Run">;
export type EventSeen = Schema<"EventSeen">;
export type TraitSeen = Schema<"TraitSeen">;
export type PropertySeen = Schema<"PropertySeen">;
export type Me = Schema<"Me">;
export type Definition = Schema<"Definition">;
export type BucketName = Schema<"Bucket">["bucket"];

const SOME = 100;

/** Who is signed in, and the operations that they may use. */
export const useMe = (): Resource<Me> => useResource("me", () => answer(api.GET("/v1/me")));

export const useAccount = (): Resource<Account> =>
  useResource("account", () => answer(api.GET("/v1/account")));

/** The frequent events with their properties, and the last closed day. */
export const useEvents = (q = ""): Resource<Schema<"EventList">> =>
  useResource(`events?${q}`, () =>
    answer(api.GET("/v1/events", { params: { query: { limit: SOME, ...(q ? { q } : {}) } } })),
  );

export const useTraits = (): Resource<Schema<"TraitList">> =>
  useResource("traits", () =>
    answer(api.GET("/v1/traits", { params: { query: { limit: SOME } } })),
  );

export const useSegments = (after?: string): Resource<Schema<"SegmentList">> =>
  useResource(`segments?${after ?? ""}`, () =>
    answer(
      api.GET("/v1/segments", {
        params: { query: { limit: SOME, ...(after ? { starting_after: after } : {}) } },
      }),
    ),
  );

export const useSegment = (id: string | null): Resource<Segment> =>
  useResource(id && `segments/${id}`, () =>
    answer(
      api.GET("/v1/segments/{segment_id}", { params: { path: { segment_id: id as string } } }),
    ),
  );

export const useTrend = (
  id: string | null,
  from?: string,
  to?: string,
): Resource<Schema<"Trend">> =>
  useResource(id && `segments/${id}/trend?${from ?? ""}&${to ?? ""}`, () =>
    answer(
      api.GET("/v1/segments/{segment_id}/trend", {
        params: { path: { segment_id: id as string }, query: from && to ? { from, to } : {} },
      }),
    ),
  );

export const useGoals = (every?: number): Resource<Schema<"GoalList">> =>
  useResource(
    "goals",
    () => answer(api.GET("/v1/goals", { params: { query: { limit: SOME } } })),
    every,
  );

export const useGoal = (id: string | null, every?: number): Resource<Goal> =>
  useResource(
    id && `goals/${id}`,
    () => answer(api.GET("/v1/goals/{goal_id}", { params: { path: { goal_id: id as string } } })),
    every,
  );

export const useProgress = (id: string | null): Resource<Progress> =>
  useResource(id && `goals/${id}/progress`, () =>
    answer(
      api.GET("/v1/goals/{goal_id}/progress", { params: { path: { goal_id: id as string } } }),
    ),
  );

export const useBuckets = (id: string | null): Resource<Buckets> =>
  useResource(id && `goals/${id}/buckets`, () =>
    answer(api.GET("/v1/goals/{goal_id}/buckets", { params: { path: { goal_id: id as string } } })),
  );

export const useEvaluation = (id: string | null): Resource<Evaluation> =>
  useResource(id && `goals/${id}/evaluation`, () =>
    answer(
      api.GET("/v1/goals/{goal_id}/evaluation", { params: { path: { goal_id: id as string } } }),
    ),
  );

export const useDrivers = (id: string | null): Resource<Drivers> =>
  useResource(id && `goals/${id}/drivers`, () =>
    answer(api.GET("/v1/goals/{goal_id}/drivers", { params: { path: { goal_id: id as string } } })),
  );

export const useReport = (id: string | null): Resource<Report> =>
  useResource(id && `goals/${id}/report`, async () => {
    const path = { goal_id: id as string };
    // Unless another format is asked for, the API answers with JSON.
    return (await answer(api.GET("/v1/goals/{goal_id}/report", { params: { path } }))) as Report;
  });

/** `scope` is empty for the whole goal, a day-0 bucket, or the id of an engagement. */
export const useUplift = (id: string | null, scope = ""): Resource<Schema<"Uplift">> =>
  useResource(id && `goals/${id}/uplift?${scope}`, () =>
    answer(
      api.GET("/v1/goals/{goal_id}/uplift", {
        params: {
          path: { goal_id: id as string },
          query: scope.startsWith("eng_")
            ? { engagement: scope }
            : scope
              ? { bucket: scope as BucketName }
              : {},
        },
      }),
    ),
  );

/** What the control group can show before anything is sent, and of an effect of `lift`. */
export const usePower = (id: string | null, lift: number): Resource<Schema<"GoalPower">> =>
  useResource(id && `goals/${id}/power?${lift}`, () =>
    answer(
      api.GET("/v1/goals/{goal_id}/power", {
        params: { path: { goal_id: id as string }, query: { lift } },
      }),
    ),
  );

export const useRuns = (): Resource<Schema<"RunList">> =>
  useResource("runs", () => answer(api.GET("/v1/runs", { params: { query: { limit: SOME } } })));

export type Engagement = Schema<"Engagement">;
export type Destination = Schema<"Destination">;
export type DestinationKind = Destination["kind"];
export type Delivery = Schema<"Delivery">;

export const useDestinations = (): Resource<Schema<"DestinationList">> =>
  useResource("destinations", () =>
    answer(api.GET("/v1/destinations", { params: { query: { limit: SOME } } })),
  );

export const useEngagements = (goal: string): Resource<Schema<"EngagementList">> =>
  useResource(`goals/${goal}/engagements`, () =>
    answer(
      api.GET("/v1/goals/{goal_id}/engagements", {
        params: { path: { goal_id: goal }, query: { limit: SOME } },
      }),
    ),
  );

/** Of goals and plain segments, the newest ones. */
export const useAllEngagements = (): Resource<Schema<"EngagementList">> =>
  useResource("engagements", () =>
    answer(api.GET("/v1/engagements", { params: { query: { limit: SOME } } })),
  );

export const useEngagement = (id: string, every?: number): Resource<Engagement> =>
  useResource(
    `engagements/${id}`,
    () =>
      answer(
        api.GET("/v1/engagements/{engagement_id}", { params: { path: { engagement_id: id } } }),
      ),
    every,
  );

export const useDeliveries = (id: string, every?: number): Resource<Schema<"DeliveryList">> =>
  useResource(
    `engagements/${id}/deliveries`,
    () =>
      answer(
        api.GET("/v1/engagements/{engagement_id}/deliveries", {
          params: { path: { engagement_id: id }, query: { limit: SOME } },
        }),
      ),
    every,
  );

export const useFailures = (id: string): Resource<Schema<"FailureList">> =>
  useResource(`engagements/${id}/failures`, () =>
    answer(
      api.GET("/v1/engagements/{engagement_id}/failures", {
        params: { path: { engagement_id: id }, query: { limit: SOME } },
      }),
    ),
  );

/** So many engagements are marked in a goal's chart, the newest ones. */
const MARKED = 8;

/** The days on which something of a goal was first sent, with the names of what was. */
export const useSends = (goal: string): Resource<{ date: string; label: string }[]> =>
  useResource(`goals/${goal}/sends`, async () => {
    const path = { goal_id: goal };
    const engagements = await answer(
      api.GET("/v1/goals/{goal_id}/engagements", { params: { path, query: { limit: MARKED } } }),
    );
    const sent = engagements.data.filter((one) => one.sends > 0);
    return Promise.all(
      sent.map(async (one) => {
        const deliveries = await answer(
          api.GET("/v1/engagements/{engagement_id}/deliveries", {
            params: { path: { engagement_id: one.id }, query: { limit: SOME } },
          }),
        );
        const days = deliveries.data.map((delivery) => delivery.date).sort();
        return { date: days[0] ?? "", label: one.name };
      }),
    );
  });

/** What all campaigns together change, against users whom nothing reaches. */
export const useHoldout = (): Resource<Schema<"HoldoutReport">> =>
  useResource("account/holdout", () => answer(api.GET("/v1/account/holdout")));

export type WriteKey = Schema<"WriteKey">;

export const useWriteKeys = (): Resource<Schema<"WriteKeyList">> =>
  useResource("write-keys", () =>
    answer(api.GET("/v1/write-keys", { params: { query: { limit: SOME } } })),
  );

export const useErasures = (): Resource<Schema<"ErasureList">> =>
  useResource("erasures", () =>
    answer(api.GET("/v1/erasures", { params: { query: { limit: SOME } } })),
  );
