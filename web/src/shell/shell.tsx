import {
  CalendarClock,
  Moon,
  Settings2,
  Sun,
  SunMoon,
  Target,
  UserSearch,
  Users,
} from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useAccount, useEvents } from "../api/resources";
import type { Session } from "../auth/session";
import { ago, day, daysBetween, localToday } from "../format/dates";
import { Skeleton } from "../parts/skeleton";
import { Toasts } from "../parts/toast";
import { chooseTheme, chosenTheme, type Theme } from "./theme";

const PAGES = [
  { href: "/", label: "Goals", icon: Target, under: ["/goals", "/engagements"] },
  { href: "/segments", label: "Segments", icon: Users, under: ["/segments"] },
  { href: "/users", label: "Users", icon: UserSearch, under: ["/users"] },
  { href: "/runs", label: "Runs", icon: CalendarClock, under: ["/runs"] },
  { href: "/account", label: "Account", icon: Settings2, under: ["/account"] },
] as const;

/** Data whose last closed day lies further back are worth a word. */
const USUAL_LAG_DAYS = 2;

export function Shell({ session, children }: { session: Session; children: ComponentChildren }) {
  const { path } = useLocation();
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <div class="shell">
        <header class="side">
          <Brand />
          <nav class="nav" aria-label="Console">
            {PAGES.map(({ href, label, icon: Icon, under }) => {
              const here = path === href || under.some((prefix) => path.startsWith(prefix));
              return (
                <a key={href} href={href} aria-current={here ? "page" : undefined}>
                  <Icon size={18} aria-hidden="true" />
                  {label}
                </a>
              );
            })}
          </nav>
          <SideFoot session={session} />
        </header>
        <div>
          <div class="topbar">
            <Brand />
            <ThemeButton />
          </div>
          <main class="main" id="main" tabIndex={-1}>
            {children}
          </main>
        </div>
      </div>
      <Toasts />
    </>
  );
}

function Brand() {
  return (
    <a class="brand" href="/" aria-label="Intent segments, all goals">
      <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" fill="var(--accent)" />
        <path d="M5 25C14 25 20 20 27 7v9c-6 6-12 9-22 9Z" fill="var(--on-accent)" opacity=".45" />
        <path
          d="M5 25C14 25 20 20 27 11"
          fill="none"
          stroke="var(--on-accent)"
          stroke-width="2.6"
          stroke-linecap="round"
        />
      </svg>
      Intent segments
    </a>
  );
}

function SideFoot({ session }: { session: Session }) {
  const account = useAccount().data;
  const watermark = useEvents();
  const closed = watermark.data?.watermark;
  const lag =
    account && closed ? daysBetween(closed, localToday(account.timezone, new Date())) : null;
  return (
    <div class="side-foot">
      <dl class="side-fact">
        <dt>Data through</dt>
        <dd>
          {!watermark.data && watermark.loading ? (
            <Skeleton width="92px" />
          ) : closed ? (
            day(closed)
          ) : (
            "nothing loaded"
          )}
          {lag !== null && lag > USUAL_LAG_DAYS && <span class="small faint"> · {ago(lag)}</span>}
        </dd>
      </dl>
      <dl class="side-fact">
        <dt>Goals at work</dt>
        <dd>
          {account ? (
            <>
              {account.active_goals} of {account.goal_limit}
              <span class="places" aria-hidden="true">
                {Array.from({ length: Math.min(account.goal_limit, 8) }, (_, n) => (
                  <i key={n} class={n < account.active_goals ? "used" : ""} />
                ))}
              </span>
            </>
          ) : (
            <Skeleton width="120px" height={28} />
          )}
        </dd>
      </dl>
      <div class="side-tools">
        <span class="small faint">{account?.timezone ?? ""}</span>
        <ThemeButton />
      </div>
      {session.signOut && (
        <button type="button" class="button plain small" onClick={session.signOut}>
          Sign out
        </button>
      )}
    </div>
  );
}

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const THEME_ICONS = { system: SunMoon, light: Sun, dark: Moon };

function ThemeButton() {
  const [theme, setTheme] = useState(chosenTheme);
  const Icon = THEME_ICONS[theme];
  const next = NEXT[theme];
  return (
    <button
      type="button"
      class="button plain icon"
      title={`Colours: ${theme}`}
      aria-label={`Colours: ${theme}. Change to ${next}`}
      onClick={() => {
        chooseTheme(next);
        setTheme(next);
      }}
    >
      <Icon size={18} aria-hidden="true" />
    </button>
  );
}
