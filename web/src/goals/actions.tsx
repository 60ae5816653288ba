/** What can be done with a goal: export, rename, clone, archive. */
import { answer, type Problem } from "@intent-segments/client";
import { Archive, Copy, Pencil } from "lucide-preact";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { forget, problemOf, remember } from "../api/resource";
import { type Goal, useMe } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { Dialog } from "../parts/dialog";
import { ExportButton } from "../parts/export";
import { ProblemNotice } from "../parts/notice";
import { Segmented } from "../parts/segmented";
import { toast } from "../parts/toast";

type Asking = "rename" | "clone" | "archive";

export function GoalActions({ goal }: { goal: Goal }) {
  const me = useMe().data;
  const [asking, setAsking] = useState<Asking | null>(null);
  const close = () => setAsking(null);
  return (
    <>
      {goal.model_version && may(me, "post_v1_goals_goal_id_exports") && (
        <ExportButton goal={goal.id} />
      )}
      {may(me, "post_v1_goals_goal_id_clone") && (
        <button type="button" class="button" onClick={() => setAsking("clone")}>
          <Copy size={16} aria-hidden="true" /> Clone
        </button>
      )}
      {may(me, "patch_v1_goals_goal_id") && (
        <button
          type="button"
          class="button icon"
          aria-label="Rename"
          title="Rename"
          onClick={() => setAsking("rename")}
        >
          <Pencil size={16} aria-hidden="true" />
        </button>
      )}
      {goal.status !== "archived" && may(me, "post_v1_goals_goal_id_archive") && (
        <button
          type="button"
          class="button icon"
          aria-label="Archive"
          title="Archive"
          onClick={() => setAsking("archive")}
        >
          <Archive size={16} aria-hidden="true" />
        </button>
      )}
      {asking === "rename" && <RenameDialog goal={goal} onClose={close} />}
      {asking === "clone" && <CloneDialog goal={goal} onClose={close} />}
      {asking === "archive" && <ArchiveDialog goal={goal} onClose={close} />}
    </>
  );
}

/** Runs a change of the goal and keeps its answer or its problem. */
function useChange(done: (goal: Goal) => void) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async (change: () => Promise<Goal>) => {
    setBusy(true);
    try {
      const goal = await change();
      forget("goals");
      forget("account");
      remember(`goals/${goal.id}`, goal);
      done(goal);
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return { problem, busy, run };
}

function RenameDialog({ goal, onClose }: { goal: Goal; onClose: () => void }) {
  const [name, setName] = useState(goal.name);
  const { problem, busy, run } = useChange(onClose);
  const path = { goal_id: goal.id };
  return (
    <Dialog title="Rename the goal" onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void run(() =>
            answer(api.PATCH("/v1/goals/{goal_id}", { params: { path }, body: { name } })),
          );
        }}
      >
        <div class="field">
          <label for="goal-rename">Name</label>
          <input
            id="goal-rename"
            class="input"
            required
            maxLength={200}
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </div>
        {problem && <ProblemNotice problem={problem} />}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={busy || !name.trim()}>
            Rename
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function CloneDialog({ goal, onClose }: { goal: Goal; onClose: () => void }) {
  const { route } = useLocation();
  const [segment, setSegment] = useState<"frozen" | "current">("frozen");
  const [key] = useState(() => crypto.randomUUID());
  const { problem, busy, run } = useChange((made) => {
    toast("Cloned; the new goal is being set up");
    route(`/goals/${made.id}`);
  });
  const params = { path: { goal_id: goal.id }, header: { "Idempotency-Key": key } };
  return (
    <Dialog title="The same question once more" onClose={onClose}>
      <p class="quiet">
        Asks about as many days from the last closed one on, with members, model and forecast made
        anew. It takes a place of the account’s goals.
      </p>
      {goal.segment_id && (
        <div class="field">
          <span class="label">Members by</span>
          <div>
            <Segmented
              label="Members by"
              value={segment}
              options={[
                ["frozen", "the definition then"],
                ["current", "the segment now"],
              ]}
              onChange={setSegment}
            />
          </div>
        </div>
      )}
      {problem && <ProblemNotice problem={problem} />}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          class="button primary"
          disabled={busy}
          onClick={() =>
            run(() => answer(api.POST("/v1/goals/{goal_id}/clone", { params, body: { segment } })))
          }
        >
          Clone
        </button>
      </div>
    </Dialog>
  );
}

function ArchiveDialog({ goal, onClose }: { goal: Goal; onClose: () => void }) {
  const { problem, busy, run } = useChange(() => {
    toast("Goal archived");
    onClose();
  });
  const params = { path: { goal_id: goal.id } };
  return (
    <Dialog title={`Archive “${goal.name}”?`} onClose={onClose}>
      <p class="quiet">
        It is scored no more, and there is no way back. What was published can be read for ever
        {goal.places.held && ", and its place is free for another goal"}.
      </p>
      {problem && <ProblemNotice problem={problem} />}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Keep it going
        </button>
        <button
          type="button"
          class="button danger"
          disabled={busy}
          onClick={() => run(() => answer(api.POST("/v1/goals/{goal_id}/archive", { params })))}
        >
          Archive
        </button>
      </div>
    </Dialog>
  );
}
