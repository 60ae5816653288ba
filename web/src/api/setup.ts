/** Where the API is and who is signed in: read once from `config.json` beside index.html. */
import { createIntentClient, type IntentClient } from "@intent-segments/client";

export interface AuthConfig {
  issuer: string;
  client_id: string;
  scopes: string[] | string;
}

export interface Config {
  api: string;
  auth: AuthConfig | null;
}

/** The client of every page; made by `setUp` before anything is rendered. */
export let api: IntentClient = createIntentClient();

export async function readConfig(): Promise<Config> {
  const answer = await fetch("/config.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
  return (await answer.json()) as Config;
}

export function setUp(config: Config, token: () => Promise<string | null>): void {
  api = createIntentClient({ baseUrl: config.api, token });
}
