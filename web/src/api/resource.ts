/**
 * What the API said, remembered while the console is open. A page shows at once what was known, asks
 * again, and says so when the new answer does not come.
 */
import { type Problem, ProblemError } from "@intent-segments/client";
import { useEffect, useState } from "preact/hooks";

export interface Resource<T> {
  /** The newest answer; also an older one, while a new one is awaited or failed. */
  data: T | undefined;
  /** Why the last attempt failed; null after a good one. */
  problem: Problem | null;
  loading: boolean;
  /** When `data` was answered. */
  at: number | null;
  refresh: () => void;
}

interface Entry {
  data: unknown;
  problem: Problem | null;
  at: number | null;
  /** A change has made `data` old before its time. */
  forgotten: boolean;
  running: Promise<void> | null;
  /** How it was asked for last. */
  load: (() => Promise<unknown>) | null;
  listeners: Set<() => void>;
}

const entries = new Map<string, Entry>();
/** An answer younger than this is not asked for again when another page needs it. */
const FRESH_MS = 5_000;

function entryOf(key: string): Entry {
  let entry = entries.get(key);
  if (!entry) {
    entry = {
      data: undefined,
      problem: null,
      at: null,
      forgotten: false,
      running: null,
      load: null,
      listeners: new Set(),
    };
    entries.set(key, entry);
  }
  return entry;
}

function ask(key: string, load: () => Promise<unknown>, now: () => number = Date.now): void {
  const entry = entryOf(key);
  entry.load = load;
  if (entry.running) return;
  entry.running = load()
    .then(
      (data) => {
        entry.data = data;
        entry.problem = null;
        entry.at = now();
        entry.forgotten = false;
      },
      (error: unknown) => {
        entry.problem = problemOf(error);
      },
    )
    .finally(() => {
      entry.running = null;
      for (const listener of entry.listeners) listener();
    });
  for (const listener of entry.listeners) listener();
}

/**
 * What `load` answers, under `key`. No key: nothing is asked. `every`: again after so many
 * milliseconds while the page is looked at.
 */
export function useResource<T>(
  key: string | null,
  load: () => Promise<T>,
  every?: number,
): Resource<T> {
  const [, render] = useState(0);
  useEffect(() => {
    if (key === null) return;
    const entry = entryOf(key);
    const listener = () => render((n) => n + 1);
    entry.listeners.add(listener);
    if (entry.at === null || entry.forgotten || Date.now() - entry.at > FRESH_MS) ask(key, load);
    const timer = every
      ? setInterval(() => document.visibilityState === "visible" && ask(key, load), every)
      : undefined;
    return () => {
      entry.listeners.delete(listener);
      clearInterval(timer);
    };
  }, [key, every]);
  const entry = key === null ? undefined : entries.get(key);
  return {
    data: entry?.data as T | undefined,
    problem: entry?.problem ?? null,
    loading: key !== null && (entry === undefined || entry.running !== null || neverAsked(entry)),
    at: entry?.at ?? null,
    refresh: () => key !== null && ask(key, load),
  };
}

function neverAsked(entry: Entry): boolean {
  return entry.at === null && entry.problem === null;
}

/** What was answered under keys that begin so is old: it is asked for anew, now where it is on screen. */
export function forget(prefix: string): void {
  for (const [key, entry] of entries) {
    if (!key.startsWith(prefix)) continue;
    entry.forgotten = true;
    if (entry.listeners.size > 0 && entry.load) ask(key, entry.load);
  }
}

/** Put what a change answered in the place of what was known. */
export function remember(key: string, data: unknown): void {
  const entry = entryOf(key);
  entry.data = data;
  entry.problem = null;
  entry.at = Date.now();
  entry.forgotten = false;
  for (const listener of entry.listeners) listener();
}

/** A problem to show for whatever was thrown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  return {
    type: "about:blank",
    title: "The console met an unexpected answer",
    status: 0,
    detail: error instanceof Error ? error.message : String(error),
    errors: [],
  };
}
