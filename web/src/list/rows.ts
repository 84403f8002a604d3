import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useSyncExternalStore } from "react";
import { ask, type Query } from "@/api/call";
import type { ApiPath, Page } from "@/api/types";

export interface Rows<Row> {
  rows: Row[];
  total: number | undefined;
  isExact: boolean;
  hasNext: boolean;
  isPending: boolean;
  isStale: boolean;
  error: Error | null;
  refresh: () => void;
  /** Rows that have come and wait until the pointer has left the list. */
  waiting: number;
}

interface Wanted<Row> {
  endpoint: ApiPath;
  query: Query;
  rowId: (row: Row) => string;
  liveSeconds?: number | undefined;
  /** While true, no row moves. */
  isHeld: boolean;
}

export function useRows<Row>({ endpoint, query, rowId, liveSeconds, isHeld }: Wanted<Row>): Rows<Row> {
  const key = JSON.stringify(query);
  const result = useQuery({
    queryKey: ["list", endpoint, key],
    queryFn: ({ signal }) => ask<Page<Row>>(endpoint, query, signal),
    placeholderData: keepPreviousData,
    refetchInterval: liveSeconds ? liveSeconds * 1000 : false,
  });
  const answer = result.data;
  // what another question was answered is no order to be kept
  const asked = result.isPlaceholderData ? undefined : key;
  const rows = useHeld(answer?.data ?? (NONE as Row[]), rowId, isHeld, asked);
  const size = Number(query.size);
  const isLast = answer?.total === undefined ? rows.shown.length < 10 : !answer.next_cursor;
  return {
    rows: rows.shown,
    total: answer?.total,
    isExact: answer?.total_is_exact ?? true,
    hasNext: !isLast && rows.shown.length >= Math.min(size, 10),
    isPending: result.isPending,
    isStale: result.isPlaceholderData,
    error: result.error,
    refresh: () => result.refetch(),
    waiting: rows.waiting,
  };
}

const NONE: unknown[] = [];

let moves = 0;
const watchers = new Set<() => void>();

function watch(told: () => void): () => void {
  watchers.add(told);
  return () => watchers.delete(told);
}

/** The reader has moved rows: they take their new places though the pointer is among them. */
export function letRowsMove(): void {
  moves += 1;
  for (const told of watchers) told();
}

/** Rows as they were when the pointer came, with their newest contents; those that are new since are counted. */
function useHeld<Row>(
  latest: Row[],
  rowId: (row: Row) => string,
  isHeld: boolean,
  asked: string | undefined,
) {
  const key = `${useSyncExternalStore(watch, () => moves)} ${asked}`;
  const kept = useRef<{ key: string; rows: Row[] }>({ key, rows: latest });
  if (!isHeld || asked === undefined || kept.current.key !== key || kept.current.rows.length === 0) {
    kept.current = { key, rows: latest };
  }
  const places = kept.current.rows;
  return useMemo(() => heldIn(places, latest, rowId), [places, latest, rowId]);
}

function heldIn<Row>(places: Row[], latest: Row[], rowId: (row: Row) => string) {
  if (places === latest) return { shown: latest, waiting: 0 };
  const newest = new Map(latest.map((row) => [rowId(row), row]));
  const known = new Set(places.map(rowId));
  const waiting = latest.filter((row) => !known.has(rowId(row))).length;
  // A row that is missing was pushed off the page by new ones, or it is gone.
  const isPushed = waiting > 0;
  const rows = places.filter((row) => isPushed || newest.has(rowId(row)));
  return { shown: rows.map((row) => newest.get(rowId(row)) ?? row), waiting };
}
