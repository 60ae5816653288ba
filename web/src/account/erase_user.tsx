/** Erasing one user, asked for twice. */
import { answer, type Problem } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { forget, problemOf } from "../api/resource";
import { useMe } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { Dialog } from "../parts/dialog";
import { Command } from "../parts/empty";
import { ProblemNotice } from "../parts/notice";

export function EraseUser({ user }: { user: string }) {
  const me = useMe().data;
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  if (!may(me, "post_v1_erasures")) return null;
  const erase = async () => {
    setProblem(null);
    try {
      const erasure = await answer(api.POST("/v1/erasures", { body: { user_id: user } }));
      setMade(erasure.id);
      forget("erasures");
      forget(`users/${user}`);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <>
      <button type="button" class="button danger" onClick={() => setAsking(true)}>
        Erase
      </button>
      {asking && (
        <Dialog title="Erase this user?" onClose={() => setAsking(false)}>
          {made ? (
            <>
              <p>
                Hidden from now on, and gone from every file with the next erasure run. Keep the id
                of the erasure where you keep the request:
              </p>
              <Command>{made}</Command>
              <div class="dialog-actions">
                <a class="button primary" href="/account/erasures">
                  See the erasures
                </a>
              </div>
            </>
          ) : (
            <>
              <p class="quiet">
                Hidden at once; events, traits, scores and exports go with the next erasure run, and
                models that saw the user are trained again. There is no way back, and what comes in
                later with a date up to today is refused.
              </p>
              <div class="field">
                <label for="erase-id">Type the user’s id to confirm</label>
                <input
                  id="erase-id"
                  class="input mono"
                  autocomplete="off"
                  value={typed}
                  onInput={(event) => setTyped(event.currentTarget.value)}
                />
              </div>
              {problem && <ProblemNotice problem={problem} />}
              <div class="dialog-actions">
                <button type="button" class="button" onClick={() => setAsking(false)}>
                  Cancel
                </button>
                <button
                  type="button"
                  class="button danger"
                  disabled={typed !== user}
                  onClick={erase}
                >
                  Erase for good
                </button>
              </div>
            </>
          )}
        </Dialog>
      )}
    </>
  );
}
