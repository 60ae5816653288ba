/** A new place to send users to. Its signing secret, if it has one, is shown this once. */
import { answer, type Problem, type Schema } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { forget, problemOf } from "../api/resource";
import type { DestinationKind } from "../api/resources";
import { api } from "../api/setup";
import { Dialog } from "../parts/dialog";
import { Command } from "../parts/empty";
import { Notice, ProblemNotice } from "../parts/notice";
import { KINDS, lacking, settingsOf } from "./kinds";

export function NewDestination({
  onClose,
  onMade,
}: {
  onClose: () => void;
  onMade: (id: string) => void;
}) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<DestinationKind>("file");
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const missing = lacking(kind, typed);
  const save = async () => {
    setProblem(null);
    try {
      const made = await answer(
        api.POST("/v1/destinations", {
          body: {
            name: name.trim() || KINDS[kind].label,
            kind,
            settings: settingsOf(kind, typed),
          } as Schema<"NewDestination">,
        }),
      );
      forget("destinations");
      onMade(made.id);
      if (made.secret) setSecret(made.secret);
      else onClose();
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  if (secret) {
    return (
      <Dialog title="The signing secret" onClose={onClose}>
        <Notice tone="warn">
          <p>It is shown this once. The receiver verifies messages with it.</p>
        </Notice>
        <Command>{secret}</Command>
        <div class="dialog-actions">
          <button type="button" class="button primary" onClick={onClose}>
            I have kept it
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title="New destination" onClose={onClose}>
      <div class="field">
        <label for="destination-kind">Kind</label>
        <select
          id="destination-kind"
          class="input"
          value={kind}
          onChange={(event) => {
            setKind(event.currentTarget.value as DestinationKind);
            setTyped({});
          }}
        >
          {Object.entries(KINDS).map(([id, { label }]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </select>
        <p class="hint">{KINDS[kind].says}</p>
      </div>
      <div class="field">
        <label for="destination-name">Name</label>
        <input
          id="destination-name"
          class="input"
          placeholder={KINDS[kind].label}
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </div>
      {KINDS[kind].settings.map((one) => (
        <div class="field" key={one.name}>
          <label for={`destination-${one.name}`}>
            {one.label}
            {!one.needed && <span class="faint"> (if any)</span>}
          </label>
          <input
            id={`destination-${one.name}`}
            class="input"
            placeholder={one.placeholder}
            value={typed[one.name] ?? ""}
            onInput={(event) => setTyped({ ...typed, [one.name]: event.currentTarget.value })}
          />
        </div>
      ))}
      {problem && <ProblemNotice problem={problem} />}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="button primary" disabled={missing !== null} onClick={save}>
          Save destination
        </button>
      </div>
    </Dialog>
  );
}
