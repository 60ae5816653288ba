import { Search } from "lucide-preact";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useMe } from "../api/resources";
import { may } from "../api/roles";
import { Empty } from "../parts/empty";
import { Page } from "../parts/page";
import { RoleNotice } from "../parts/role";

/** Look one user up by id. */
export default function UsersPage() {
  const { route } = useLocation();
  const me = useMe().data;
  const [id, setId] = useState("");
  return (
    <Page title="Users" lead="Look one up: how likely for each goal, and why.">
      {me && !may(me, "get_v1_users_user_id_intents") ? (
        <RoleNotice>A marketer of the account sees single users.</RoleNotice>
      ) : (
        <form
          class="card lookup"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            if (id.trim()) route(`/users/${encodeURIComponent(id.trim())}`);
          }}
        >
          <div class="field">
            <label for="user-id">User id</label>
            <input
              id="user-id"
              class="input"
              autocomplete="off"
              spellcheck={false}
              value={id}
              onInput={(event) => setId(event.currentTarget.value)}
            />
          </div>
          <button type="submit" class="button primary">
            <Search size={17} aria-hidden="true" /> Look up
          </button>
        </form>
      )}
      <Empty title="No id at hand?">
        <p>
          The members of a goal’s buckets are listed with their likelihood, and every segment shows
          some of its own.
        </p>
        <div class="actions">
          <a class="button" href="/">
            To the goals
          </a>
          <a class="button" href="/segments">
            To the segments
          </a>
        </div>
      </Empty>
    </Page>
  );
}
