/** How many a definition has, whom it reaches, who they are, and how it was found out. */
import { answer, type Problem, ProblemError, type Schema } from "@intent-segments/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { problemOf } from "../api/resource";
import type { Definition } from "../api/resources";
import { api } from "../api/setup";
import { day } from "../format/dates";
import { bytes, count, percent, range, seconds } from "../format/numbers";
import { Notice, ProblemNotice } from "../parts/notice";
import { Skeleton } from "../parts/skeleton";

type Preview = Schema<"Preview">;

/** A preview waits this long after the last change of the form. */
const REST_MS = 450;

/** The preview of the newest definition. Answers to older ones are dropped when they come late. */
export function usePreview(definition: Definition | null, sample = 8) {
  const key = definition && JSON.stringify(definition);
  const [state, setState] = useState<{
    key: string | null;
    preview: Preview | null;
    problem: Problem | null;
  }>({ key: null, preview: null, problem: null });
  const first = useRef(true);
  useEffect(() => {
    if (!key) return;
    const abort = new AbortController();
    const timer = setTimeout(
      async () => {
        try {
          const preview = await answer(
            api.POST("/v1/previews", {
              body: { definition: JSON.parse(key), sample, exact: false },
              signal: abort.signal,
            }),
          );
          setState({ key, preview, problem: null });
        } catch (error) {
          if (abort.signal.aborted) return;
          if (!(error instanceof ProblemError)) console.error(error);
          setState((now) => ({ key, preview: now.preview, problem: problemOf(error) }));
        }
      },
      first.current ? 0 : REST_MS,
    );
    first.current = false;
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, sample]);
  return { ...state, waiting: key !== null && state.key !== key };
}

export function PreviewPanel({
  definition,
  lacking,
}: {
  definition: Definition | null;
  /** What the form misses before it can be asked about. */
  lacking: string | undefined;
}) {
  const { preview, problem, waiting } = usePreview(definition);
  return (
    <aside class="aside stack" aria-label="Preview">
      <section class="card">
        <p class="label">Members</p>
        <div aria-live="polite" aria-busy={waiting}>
          {preview ? (
            <div class={waiting || lacking ? "fading" : ""}>
              <p class="big-figure">
                {preview.estimated && "≈ "}
                {count(preview.users)}
              </p>
              <p class="small faint">
                {preview.interval &&
                  `${range(preview.interval.low, preview.interval.high)}, 95 %. `}
                at the end of {day(preview.as_of)}
              </p>
            </div>
          ) : (
            <div class="figure-place">
              {problem ? (
                <p class="big-figure">–</p>
              ) : definition ? (
                <Skeleton width="140px" height={48} />
              ) : (
                <p class="big-figure faint">?</p>
              )}
            </div>
          )}
          {lacking && <p class="hint">To count it: {lacking}.</p>}
        </div>
        {preview && <Reach preview={preview} />}
      </section>
      {problem && <ProblemNotice problem={problem} />}
      {preview?.warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          <p>{warning}</p>
        </Notice>
      ))}
      {preview && preview.sample.length > 0 && (
        <section class="card" aria-label="Some of the members">
          <h2>Some of them</h2>
          <Sample sample={preview.sample} />
        </section>
      )}
      {preview && (
        <section class="card" aria-label="How it is counted">
          <details class="details">
            <summary>How this was counted</summary>
            <Explain preview={preview} />
          </details>
        </section>
      )}
    </aside>
  );
}

export function Reach({ preview }: { preview: Pick<Preview, "reachability" | "users"> }) {
  const channels = Object.entries(preview.reachability);
  if (channels.length === 0) return null;
  return (
    <dl class="reach">
      {channels.map(([channel, users]) => (
        <div key={channel}>
          <dt>{channel}</dt>
          <dd>
            <span class="meter" aria-hidden="true">
              <i style={{ width: `${preview.users ? (100 * users) / preview.users : 0}%` }} />
            </span>
            <span class="number">{count(users)}</span>
            <span class="faint small number">
              {preview.users ? percent(users / preview.users) : ""}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Sample({ sample }: { sample: Preview["sample"] }) {
  return (
    <ul class="sample">
      {sample.map(({ user_id, traits }) => (
        <li key={user_id}>
          <a class="mono" href={`/users/${encodeURIComponent(user_id)}`}>
            {user_id}
          </a>
          <span class="small faint">
            {Object.entries(traits as Record<string, unknown>)
              .slice(0, 6)
              .map(([, value]) => String(value))
              .join(" · ") || "no traits"}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function Explain({ preview }: { preview: Preview }) {
  return (
    <div class="stack tight">
      <ul class="stack tight">
        {preview.explain.map((one) => (
          <li key={one.path} class="small">
            <code>{one.path}</code> <span class="pill">{one.reads}</span>
            <p class="quiet">{one.why}</p>
          </li>
        ))}
      </ul>
      <p class="small faint">
        {seconds(preview.seconds)}, {count(preview.files)} files, {bytes(preview.scanned_bytes)}{" "}
        looked at, {bytes(preview.fetched_bytes)} of it fetched.
      </p>
    </div>
  );
}
