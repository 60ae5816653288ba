/** The report as files and as a page to print. */
import { answer, type Problem } from "@intent-segments/client";
import { FileText } from "lucide-preact";
import { useState } from "preact/hooks";
import { problemOf } from "../api/resource";
import type { Goal } from "../api/resources";
import { api } from "../api/setup";
import { ProblemNotice } from "../parts/notice";

const FORMATS = [
  ["html", "Page to print"],
  ["csv", "CSV"],
  ["json", "JSON"],
] as const;
type Format = (typeof FORMATS)[number][0];

/** Fetched with the token of whoever is signed in, so a plain link would not do. */
export function ReportLinks({ goal }: { goal: Goal }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const save = async (format: Format) => {
    setProblem(null);
    try {
      const file = await answer<Blob>(
        api.GET("/v1/goals/{goal_id}/report", {
          params: { path: { goal_id: goal.id }, query: { format } },
          parseAs: "blob",
        }),
      );
      saveAs(file, `${goal.id}-report.${format}`);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <div class="stack tight">
      <fieldset class="actions">
        <legend class="hidden-visually">Report</legend>
        <span class="small quiet with-icon">
          <FileText size={15} aria-hidden="true" /> Report
        </span>
        {FORMATS.map(([format, name]) => (
          <button type="button" class="button small" key={format} onClick={() => save(format)}>
            {name}
          </button>
        ))}
      </fieldset>
      {problem && <ProblemNotice problem={problem} />}
    </div>
  );
}

function saveAs(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
