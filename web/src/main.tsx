import { render } from "preact";
import { readConfig, setUp } from "./api/setup";
import { App } from "./app";
import { NOBODY, openSession } from "./auth/session";
import { followSystem } from "./shell/theme";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/charts.css";
import "./styles/pages.css";
import "./styles/new_goal.css";
import "./styles/engage.css";
import "./styles/goals.css";
import "./styles/uplift.css";

async function start(root: HTMLElement): Promise<void> {
  followSystem();
  try {
    const config = await readConfig();
    const session = config.auth ? await openSession(config.auth) : NOBODY;
    setUp(config, session.token);
    render(<App session={session} />, root);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    render(
      <main class="main">
        <h1>The console cannot start</h1>
        <p>{why}</p>
        <p>
          It reads <code>config.json</code> beside its own files, and signs in at the issuer named
          there. Put that right, then <a href="/">try again</a>.
        </p>
      </main>,
      root,
    );
  }
}

const root = document.getElementById("app");
if (root) void start(root);
