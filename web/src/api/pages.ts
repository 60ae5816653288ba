/** Users page by page, each page asked for by the last id of the one before. */
import type { Problem } from "@intent-segments/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { problemOf } from "./resource";

export const PAGE = 50;

interface Loaded {
  data: { user_id: string }[];
  has_more: boolean;
}

export interface Pages<P extends Loaded> {
  found: P["data"];
  /** The newest page; null before the first. */
  page: P | null;
  more: boolean;
  loading: boolean;
  problem: Problem | null;
  /** Ask for the next page, or for one that failed. */
  next: () => Promise<void>;
}

/** Starts with the first page, and anew whenever one of `of` changes. */
export function usePages<P extends Loaded>(
  ask: (query: { limit: number; starting_after?: string }) => Promise<P>,
  of: readonly unknown[],
): Pages<P> {
  const [found, setFound] = useState<P["data"]>([]);
  const [page, setPage] = useState<P | null>(null);
  const [more, setMore] = useState(true);
  const [loading, setLoading] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  // What an earlier question brings must not end up among the answers to the newest one.
  const asked = useRef(0);

  const load = async (known: P["data"]) => {
    const mine = ++asked.current;
    setLoading(true);
    setProblem(null);
    const after = known.at(-1)?.user_id;
    try {
      const got = await ask({ limit: PAGE, ...(after ? { starting_after: after } : {}) });
      if (mine !== asked.current) return;
      setFound([...known, ...got.data]);
      setPage(got);
      setMore(got.has_more);
    } catch (error) {
      if (mine === asked.current) setProblem(problemOf(error));
    } finally {
      if (mine === asked.current) setLoading(false);
    }
  };
  useEffect(() => {
    setFound([]);
    setMore(true);
    void load([]);
  }, of);

  return { found, page, more, loading, problem, next: () => load(found) };
}
