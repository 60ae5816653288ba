/** Keys with which client libraries send calls. */
import { answer, type Problem } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { forget, problemOf } from "../api/resource";
import { useAccount, useMe, useWriteKeys, type WriteKey } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { dayOf } from "../format/dates";
import { Dialog } from "../parts/dialog";
import { Command } from "../parts/empty";
import { Notice, ProblemNotice } from "../parts/notice";
import { SkeletonCard } from "../parts/skeleton";
import { toast } from "../parts/toast";

export function WriteKeys() {
  const keys = useWriteKeys();
  const me = useMe().data;
  const timezone = useAccount().data?.timezone ?? "UTC";
  const [name, setName] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<WriteKey | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const all = keys.data?.data;
  const attempt = async (what: () => Promise<void>) => {
    setProblem(null);
    try {
      await what();
      forget("write-keys");
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const create = () =>
    attempt(async () => {
      const key = await answer(api.POST("/v1/write-keys", { body: { name: name.trim() } }));
      setMade(key.write_key);
      setName("");
    });
  const revoke = (key: WriteKey) =>
    attempt(async () => {
      const path = { key_id: key.id };
      await answer(api.DELETE("/v1/write-keys/{key_id}", { params: { path } }));
      setRevoking(null);
      toast(`${key.name} is revoked`);
    });
  if (!all && keys.loading) return <SkeletonCard height={220} label="Keys are being fetched" />;
  return (
    <section class="card stack" aria-labelledby="keys-heading">
      <div class="card-head">
        <div>
          <h2 id="keys-heading">Write keys</h2>
          <p>
            With one of these, client libraries that speak the Segment specification send events and
            traits here. A key writes; it can read nothing.
          </p>
        </div>
      </div>
      {problem && <ProblemNotice problem={problem} />}
      {keys.problem && !all && <ProblemNotice problem={keys.problem} retry={keys.refresh} />}
      {may(me, "post_v1_write_keys") && (
        <form
          class="clause-line"
          onSubmit={(event) => {
            event.preventDefault();
            void create();
          }}
        >
          <label for="key-name" class="label">
            New key for
          </label>
          <input
            id="key-name"
            class="input"
            style={{ width: "220px" }}
            placeholder="web"
            maxLength={120}
            required
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <button type="submit" class="button primary" disabled={!name.trim()}>
            Make it
          </button>
        </form>
      )}
      {all && all.length === 0 && <p class="quiet">There is none yet: nothing can be sent in.</p>}
      {all && all.length > 0 && (
        <ul class="plain-list">
          {all.map((one) => (
            <li key={one.id} class="with-tools">
              <div>
                <p class="strong">{one.name}</p>
                <p class="small faint">
                  <span class="mono">{one.id}</span>, made on {dayOf(one.created_at, timezone)}
                  {one.created_by && ` by ${one.created_by}`}
                </p>
              </div>
              {may(me, "delete_v1_write_keys_key_id") && (
                <button
                  type="button"
                  class="button small danger"
                  aria-label={`Revoke ${one.name}`}
                  onClick={() => setRevoking(one)}
                >
                  Revoke
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {made && (
        <Dialog title="The write key" onClose={() => setMade(null)}>
          <Notice tone="warn">
            <p>It is shown this once.</p>
          </Notice>
          <Command>{made}</Command>
          <div class="dialog-actions">
            <button type="button" class="button primary" onClick={() => setMade(null)}>
              I have kept it
            </button>
          </div>
        </Dialog>
      )}
      {revoking && (
        <Dialog title={`Revoke “${revoking.name}”?`} onClose={() => setRevoking(null)}>
          <p class="quiet">
            Calls with it are refused within a minute. What came in with it stays. There is no way
            back; another key can be made.
          </p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setRevoking(null)}>
              Keep it
            </button>
            <button type="button" class="button danger" onClick={() => revoke(revoking)}>
              Revoke it
            </button>
          </div>
        </Dialog>
      )}
    </section>
  );
}
