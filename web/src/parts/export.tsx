/** Users as files: ask for an export, wait until it is written, fetch it. */
import { answer, type Problem, type Schema } from "@intent-segments/client";
import { Download } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import { problemOf } from "../api/resource";
import { useTraits } from "../api/resources";
import { api } from "../api/setup";
import { bytes, count, counted } from "../format/numbers";
import { bucketLabel } from "../goals/buckets";
import { Dialog } from "./dialog";
import { ProblemNotice } from "./notice";
import { Segmented } from "./segmented";

type Export = Schema<"Export">;
type Format = Export["format"];
const LOOK_AGAIN_MS = 1_500;

type Of = { segment: string } | { goal: string; buckets?: readonly Schema<"Bucket">["bucket"][] };

export function ExportButton({ small = false, ...of }: Of & { small?: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" class={small ? "button small" : "button"} onClick={() => setOpen(true)}>
        <Download size={16} aria-hidden="true" /> Export
      </button>
      {open && <ExportDialog of={of as Of} onClose={() => setOpen(false)} />}
    </>
  );
}

function ExportDialog({ of, onClose }: { of: Of; onClose: () => void }) {
  const traits = useTraits().data?.data ?? [];
  const [format, setFormat] = useState<Format>("csv");
  const [chosen, setChosen] = useState<string[]>([]);
  const [made, setMade] = useState<Export | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [key] = useState(() => crypto.randomUUID());

  const start = async () => {
    setProblem(null);
    const header = { "Idempotency-Key": key };
    try {
      setMade(
        "segment" in of
          ? await answer(
              api.POST("/v1/segments/{segment_id}/exports", {
                params: { path: { segment_id: of.segment }, header },
                body: { format, traits: chosen },
              }),
            )
          : await answer(
              api.POST("/v1/goals/{goal_id}/exports", {
                params: { path: { goal_id: of.goal }, header },
                body: {
                  format,
                  traits: chosen,
                  include_control: false,
                  buckets: of.buckets ? [...of.buckets] : null,
                },
              }),
            ),
      );
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  useEffect(() => {
    if (made?.status !== "preparing") return;
    const timer = setTimeout(async () => {
      try {
        const path = { export_id: made.id };
        setMade(await answer(api.GET("/v1/exports/{export_id}", { params: { path } })));
      } catch (error) {
        setProblem(problemOf(error));
      }
    }, LOOK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [made]);

  const what =
    "segment" in of
      ? "the members of the segment"
      : of.buckets
        ? `open members in “${of.buckets.map(bucketLabel).join("”, “")}”`
        : "open members, with bucket and likelihood";
  return (
    <Dialog title="Export" onClose={onClose}>
      <p class="quiet">
        Writes {what} to files that are kept for 7 days.
        {"goal" in of && " The control group is left out, or there is nothing to measure against."}
      </p>
      {!made && (
        <>
          <div class="field">
            <span class="label">Format</span>
            <div>
              <Segmented
                label="Format"
                value={format}
                options={[
                  ["csv", "CSV"],
                  ["parquet", "Parquet"],
                ]}
                onChange={setFormat}
              />
            </div>
          </div>
          {traits.length > 0 && (
            <fieldset class="field">
              <legend class="label">Traits beside the user id</legend>
              <div class="clause-part">
                {traits.slice(0, 40).map(({ property }) => (
                  <label class="tick-chip" key={property}>
                    <input
                      type="checkbox"
                      checked={chosen.includes(property)}
                      onChange={() =>
                        setChosen((now) =>
                          now.includes(property)
                            ? now.filter((one) => one !== property)
                            : [...now, property],
                        )
                      }
                    />
                    {property}
                  </label>
                ))}
              </div>
            </fieldset>
          )}
        </>
      )}
      <div aria-live="polite">
        {made?.status === "preparing" && <p>Being written…</p>}
        {made?.status === "failed" && <p class="wrong">{made.reason}</p>}
        {made?.status === "ready" && (
          <div class="stack tight">
            <p>
              {counted(made.rows ?? 0, "user")}
              {made.control_left_out ? `, ${count(made.control_left_out)} in control left out` : ""}
              .
            </p>
            <ul class="stack tight">
              {made.files?.map((file) => (
                <li key={file.number}>
                  <a href={file.href}>
                    File {file.number + 1}, {counted(file.rows, "user")}, {bytes(file.bytes)}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
      {problem && <ProblemNotice problem={problem} />}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {made ? "Close" : "Cancel"}
        </button>
        {!made && (
          <button type="button" class="button primary" onClick={start}>
            Write the files
          </button>
        )}
      </div>
    </Dialog>
  );
}
