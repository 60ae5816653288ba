import { answer, type Problem, type Schema } from "@intent-segments/client";
import { useState } from "preact/hooks";
import { useRoute } from "preact-iso";
import { Destinations } from "../account/destinations";
import { Erasures } from "../account/erasures";
import { Holdout } from "../account/holdout";
import { AccountTabs, TABS } from "../account/tabs";
import { WriteKeys } from "../account/write_keys";
import { problemOf, remember } from "../api/resource";
import { type Account, useAccount, useMe, useTraits } from "../api/resources";
import { may } from "../api/roles";
import { api } from "../api/setup";
import { count, NONE } from "../format/numbers";
import { Combobox } from "../parts/combobox";
import { Notice, ProblemNotice } from "../parts/notice";
import { Page } from "../parts/page";
import { SkeletonCard } from "../parts/skeleton";
import { toast } from "../parts/toast";
import { AddButton, Choice, NumberField, RemoveButton } from "../segments/editor/fields";

type Change = Schema<"AccountChange">;

/** `/account` and `/account/:tab` */
export default function AccountPage() {
  const tab = useRoute().params.tab ?? "";
  const known = TABS.some((one) => one.id === tab);
  return (
    <Page
      title="Account"
      lead="One account is one stack, in your own cloud. What is set here holds for everybody."
    >
      <AccountTabs here={tab} />
      {tab === "" && <SettingsTab />}
      {tab === "holdout" && <Holdout />}
      {tab === "destinations" && <Destinations />}
      {tab === "write-keys" && <WriteKeys />}
      {tab === "erasures" && <Erasures />}
      {!known && <p class="quiet">There is no such page of the account.</p>}
    </Page>
  );
}

function SettingsTab() {
  const account = useAccount();
  const me = useMe().data;
  return (
    <>
      {account.problem && !account.data && (
        <ProblemNotice problem={account.problem} retry={account.refresh} />
      )}
      {!account.data && account.loading && (
        <SkeletonCard height={360} label="The account is being fetched" />
      )}
      {account.data && <Settings account={account.data} mayChange={may(me, "patch_v1_account")} />}
      <section class="card">
        <h2>You</h2>
        <dl class="facts you">
          <div>
            <dt>Signed in as</dt>
            <dd>{me ? (me.subject ?? "nobody: this stack does not ask") : NONE}</dd>
          </div>
          <div>
            <dt>Role</dt>
            <dd>{me ? (me.role ?? "none yet: ask an admin of the account") : NONE}</dd>
          </div>
        </dl>
      </section>
    </>
  );
}

function Settings({ account, mayChange }: { account: Account; mayChange: boolean }) {
  const [limit, setLimit] = useState<number | null>(account.goal_limit);
  const [problem, setProblem] = useState<Problem | null>(null);
  const change = async (body: Change, said: string) => {
    setProblem(null);
    try {
      const changed = await answer(api.PATCH("/v1/account", { body }));
      remember("account", changed);
      toast(said);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <>
      {!mayChange && (
        <Notice>
          <p>Only an administrator changes these.</p>
        </Notice>
      )}
      {problem && <ProblemNotice problem={problem} />}
      <section class="card stack" aria-labelledby="limits">
        <h2 id="limits">Plan and limits</h2>
        <dl class="tiles">
          <div>
            <dt>Goals at work</dt>
            <dd>
              {count(account.active_goals)}{" "}
              <span class="faint">of {count(account.goal_limit)}</span>
            </dd>
          </div>
          <div>
            <dt>Time zone</dt>
            <dd>{account.timezone}</dd>
          </div>
          <div>
            <dt>Plan</dt>
            <dd>{account.plan}</dd>
          </div>
        </dl>
        <fieldset disabled={!mayChange} class="settings">
          <legend class="hidden-visually">Settings</legend>
          <div class="setting">
            <div>
              <p class="label">Goals at once</p>
              <p class="hint">
                1 to 50. Lowered below the goals at work it stops none of them and refuses new ones.
              </p>
            </div>
            <div class="clause-part">
              <NumberField label="Goals at once" value={limit} min={1} onChange={setLimit} />
              <button
                type="button"
                class="button"
                disabled={limit === null || limit === account.goal_limit}
                onClick={() => change({ goal_limit: limit }, "Limit changed")}
              >
                Change
              </button>
            </div>
          </div>
          <div class="setting">
            <div>
              <p class="label">AI pack: intent buckets</p>
              <p class="hint">
                Off, buckets and their users are closed; goals are forecast and scored all the same.
              </p>
            </div>
            <label class="switch">
              <input
                type="checkbox"
                role="switch"
                aria-checked={account.ai_pack}
                checked={account.ai_pack}
                onChange={(event) =>
                  change(
                    { ai_pack: event.currentTarget.checked },
                    event.currentTarget.checked ? "Buckets are open" : "Buckets are closed",
                  )
                }
              />
              <span>{account.ai_pack ? "on" : "off"}</span>
            </label>
          </div>
          <div class="setting">
            <div>
              <p class="label">Plan</p>
              <p class="hint">A word for whoever bills; it opens and closes nothing.</p>
            </div>
            <Choice
              label="Plan"
              value={account.plan}
              options={[
                ["growth", "growth"],
                ["advanced", "advanced"],
                ["enterprise", "enterprise"],
              ]}
              onChange={(plan) => change({ plan }, "Plan changed")}
            />
          </div>
        </fieldset>
      </section>
      <Channels account={account} mayChange={mayChange} onSave={change} />
    </>
  );
}

interface ChannelRow {
  name: string;
  trait: string;
  consent: string;
}

/** Which traits a user needs to be reached by each channel. */
function Channels({
  account,
  mayChange,
  onSave,
}: {
  account: Account;
  mayChange: boolean;
  onSave: (body: Change, said: string) => void;
}) {
  const traits = useTraits().data?.data ?? [];
  const [rows, setRows] = useState<ChannelRow[]>(() =>
    Object.entries(account.channels).map(([name, needs]) => ({
      name,
      trait: needs.trait,
      consent: needs.consent ?? "",
    })),
  );
  const options = traits.map((one) => ({ value: one.property }));
  const set = (n: number, part: Partial<ChannelRow>) =>
    setRows(rows.with(n, { ...(rows[n] as ChannelRow), ...part }));
  const save = () =>
    onSave(
      {
        channels: Object.fromEntries(
          rows
            .filter((one) => one.name && one.trait)
            .map((one) => [one.name, { trait: one.trait, consent: one.consent || null }]),
        ),
      },
      "Channels changed",
    );
  return (
    <section class="card stack" aria-labelledby="channels">
      <div class="card-head">
        <div>
          <h2 id="channels">Channels</h2>
          <p>
            Who can be reached: users with the trait, and, where a consent is named, whose consent
            is true.
          </p>
        </div>
      </div>
      <fieldset disabled={!mayChange} class="stack tight">
        <legend class="hidden-visually">Channels</legend>
        {rows.map((row, n) => (
          <div class="clause-line" key={n}>
            <input
              class="input"
              style={{ width: "130px" }}
              aria-label="Channel"
              placeholder="channel"
              value={row.name}
              onInput={(event) => set(n, { name: event.currentTarget.value })}
            />
            <span class="quiet">needs</span>
            <Combobox
              label={`Trait of ${row.name}`}
              value={row.trait}
              options={options}
              placeholder="trait"
              onChange={(trait) => set(n, { trait })}
            />
            <span class="quiet">and consent</span>
            <Combobox
              label={`Consent of ${row.name}`}
              value={row.consent}
              options={options}
              placeholder="none"
              onChange={(consent) => set(n, { consent })}
            />
            <RemoveButton
              label={`Remove ${row.name}`}
              onClick={() => setRows(rows.filter((_, at) => at !== n))}
            />
          </div>
        ))}
        <div class="actions">
          {rows.length < 10 && (
            <AddButton onClick={() => setRows([...rows, { name: "", trait: "", consent: "" }])}>
              channel
            </AddButton>
          )}
          <button type="button" class="button" onClick={save}>
            Save channels
          </button>
        </div>
      </fieldset>
    </section>
  );
}
