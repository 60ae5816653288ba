/**
 * A typed client of the intent-segments HTTP API.
 *
 *     const api = createIntentClient({ baseUrl: "https://…", token: () => accessToken });
 *     const goal = await answer(api.GET("/v1/goals/{goal_id}", { params: { path: { goal_id } } }));
 *
 * Paths, parameters, bodies and answers have the types of the OpenAPI document.
 */
import createClient, { type Client } from "openapi-fetch";
import type { components, operations, paths } from "./schema";

export type { components, operations, paths } from "./schema";

/** The id of an operation, as `can` of `GET /v1/me` lists them: "post_v1_goals". */
export type Operation = keyof operations;

/** A type of the API by its name in the OpenAPI document: `Schema<"Goal">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

/** Problem details (RFC 9457) as the API sends them with every error. */
export type Problem = Schema<"Problem">;

export type IntentClient = Client<paths>;

export interface ClientOptions {
  /** Where the API is, without `/v1`; "" is the page's own origin. */
  baseUrl?: string;
  /** The access token to send, if any; asked before every request. */
  token?: () => string | null | Promise<string | null>;
  /** Another fetch, for tests. */
  fetch?: (request: Request) => Promise<Response>;
}

/** An error of the API, or of the way to it (`status` 0: no answer came). */
export class ProblemError extends Error {
  override readonly name = "ProblemError";

  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail);
  }
}

export function createIntentClient(options: ClientOptions = {}): IntentClient {
  const client = createClient<paths>({
    baseUrl: options.baseUrl ?? "",
    ...(options.fetch ? { fetch: options.fetch } : {}),
  });
  const { token } = options;
  if (token) {
    client.use({
      async onRequest({ request }) {
        const value = await token();
        if (value) request.headers.set("authorization", `Bearer ${value}`);
        return request;
      },
    });
  }
  return client;
}

/** The body of a good answer. Throws ProblemError for any other, and when none came. */
export async function answer<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let got: { data?: T; error?: unknown; response: Response };
  try {
    got = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ProblemError(0, {
      type: "about:blank",
      title: "The API does not answer",
      status: 0,
      detail: "No answer came. Check the connection, then try again.",
      errors: [],
    });
  }
  if (got.response.ok) return got.data as T;
  throw new ProblemError(got.response.status, asProblem(got.response.status, got.error));
}

/** Every item of a list, page by page: `for await (const goal of pages(after => …))`. */
export async function* pages<T extends { id: string }>(
  page: (startingAfter: string | undefined) => Promise<{ data: T[]; has_more: boolean }>,
): AsyncGenerator<T> {
  let after: string | undefined;
  while (true) {
    const { data, has_more } = await page(after);
    yield* data;
    const last = data.at(-1);
    if (!has_more || !last) return;
    after = last.id;
  }
}

/** Gateways answer some errors themselves, in a form of their own: `{"message": "…"}`. */
function asProblem(status: number, body: unknown): Problem {
  if (isRecord(body) && typeof body.detail === "string") {
    return { errors: [], title: "The request failed", ...body, status } as unknown as Problem;
  }
  const message = isRecord(body) && typeof body.message === "string" ? body.message : "";
  return {
    type: "about:blank",
    title: TITLES[status] ?? `The request failed (${status})`,
    status,
    detail: REMEDIES[status] ?? (message || "Try again; the log of the function says more."),
    errors: [],
  };
}

const TITLES: Record<number, string> = {
  401: "You are not signed in",
  403: "This is not allowed",
  429: "Too many requests",
  503: "The API is busy",
  504: "This takes longer than 30 seconds",
};

const REMEDIES: Record<number, string> = {
  401: "Sign in again.",
  403: "Your role does not include this; ask an administrator of the account.",
  429: "Wait a moment, then try again.",
  503: "It answers in at most 30 seconds; wait a moment, then try again.",
  504: "Ask for less: a shorter period or a smaller segment.",
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
