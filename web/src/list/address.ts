import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import type { Query } from "@/api/call";
import type { Search } from "@/router";
import type { Filter } from "./types";

/** What the address says about the page that is open, and how to change it. */
export function useAddress(): [Search, (changes: Search, isReplacing?: boolean) => void] {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = useCallback(
    (changes: Search, isReplacing = false) => {
      navigate({
        to: ".",
        search: ((old: Search) => ({ ...old, ...changes })) as never,
        replace: isReplacing,
      });
    },
    [navigate],
  );
  return [search, change];
}

export const PAGE_SIZES = [50, 100, 20];

/** The query of a list for what its address says: filters under their own names, page and order. */
export function listQuery(search: Search, filters: Filter[], size: number): Query {
  const query: Query = { size, p: Math.max(0, (Number(search.page) || 1) - 1) };
  for (const filter of filters) {
    if (search[filter.id]) query[filter.id] = search[filter.id];
  }
  if (search.q) query.keyword = search.q;
  if (search.sort) {
    query.sort = search.sort;
    query.order = search.order === "asc" ? "asc" : "desc";
  }
  return query;
}

/** The page to show where the one that is asked for has no rows: the last one, or the first where nobody knows. */
export function pageInstead(list: { total: number | undefined; isExact: boolean }, size: number): number {
  return list.total && list.isExact ? Math.ceil(list.total / size) : 1;
}

/** The next order of a column whose head was clicked: falling, rising, none. */
export function nextOrder(search: Search, sort: string): Search {
  if (search.sort !== sort) return { sort, order: "desc", page: undefined };
  if (search.order !== "asc") return { sort, order: "asc", page: undefined };
  return { sort: undefined, order: undefined, page: undefined };
}

/** Values of a filter that may have several. */
export function chosen(search: Search, id: string): string[] {
  return (search[id] ?? "").split(",").filter(Boolean);
}

/** The filter with a value put in or taken out. */
export function toggled(search: Search, id: string, value: string): Search {
  const values = chosen(search, id);
  const others = values.filter((one) => one !== value);
  const now = others.length === values.length ? [...values, value] : others;
  return { [id]: now.length ? now.join(",") : undefined, page: undefined };
}
