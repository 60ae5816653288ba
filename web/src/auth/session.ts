/** Signing in by OpenID Connect: authorization code with PKCE, against the stack's issuer. */
import type { AuthConfig } from "../api/setup";

export interface Session {
  /** The access token for the next request; null where the API asks nobody. */
  token: () => Promise<string | null>;
  /** Null where nobody signs in. */
  signOut: (() => void) | null;
}

export const NOBODY: Session = { token: async () => null, signOut: null };

const CALLBACK = "/signed-in";

/**
 * The session of whoever is signed in. Otherwise the browser leaves for the issuer, and this never
 * resolves. After signing in the address is the one that was asked for. The library is loaded only
 * where the stack has an issuer.
 */
export async function openSession(auth: AuthConfig): Promise<Session> {
  const { UserManager, WebStorageStateStore } = await import("oidc-client-ts");
  const manager = new UserManager({
    authority: auth.issuer,
    client_id: auth.client_id,
    redirect_uri: location.origin + CALLBACK,
    post_logout_redirect_uri: `${location.origin}/`,
    scope: Array.isArray(auth.scopes) ? auth.scopes.join(" ") : auth.scopes,
    // The tab's own storage: gone with it, and out of reach of other tabs.
    userStore: new WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: true,
  });
  const leave = async (): Promise<never> => {
    await manager.signinRedirect({ state: location.pathname + location.search });
    return new Promise<never>(() => {});
  };
  if (location.pathname === CALLBACK) {
    const user = await manager.signinRedirectCallback();
    history.replaceState(null, "", ownPath(user.state));
  }
  const user = await manager.getUser();
  if (!user || user.expired) return leave();
  return {
    token: async () => {
      const now = await manager.getUser();
      if (now && !now.expired) return now.access_token;
      const renewed = await manager.signinSilent().catch(() => null);
      return renewed ? renewed.access_token : leave();
    },
    signOut: () => {
      void manager.signoutRedirect().catch(async () => {
        // An issuer without an end of sessions: what this tab knows is forgotten.
        await manager.removeUser();
        location.assign("/");
      });
    },
  };
}

/** Only a path of this console, whatever came back as state. */
export function ownPath(state: unknown): string {
  return typeof state === "string" && /^\/(?![/\\])/.test(state) ? state : "/";
}
