import { QueryClient, queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import i18next from "i18next";
import { get, getAnonymously, Refusal } from "@/api/call";
import { type Account, ROLE, type SiteStatus } from "@/api/types";
import type { MoneyStyle } from "@/format/money";

const RETRIES = 3;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      networkMode: "always",
      retry: (count, error) => count < RETRIES && error instanceof Refusal && error.isTemporary,
    },
  },
});

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: () => getAnonymously<SiteStatus>("/api/status"),
  staleTime: 5 * 60_000,
});

/** Who is signed in; null: nobody. */
export type Visitor = Account | null;

/** The site's own home page; empty where it has none. */
export const homeQuery = queryOptions({
  queryKey: ["site", false],
  queryFn: () => getAnonymously<string>("/api/home_page_content"),
  staleTime: 60_000,
});

const KEPT_AS = "signed-in";

/** Remember that this browser has a session (its cookie cannot be read here), or that it has none. */
export function rememberSession(isOpen: boolean): void {
  if (isOpen) localStorage.setItem(KEPT_AS, "yes");
  else localStorage.removeItem(KEPT_AS);
}

export const visitorQuery = queryOptions({
  queryKey: ["visitor"],
  queryFn: async (): Promise<Visitor> => {
    if (!localStorage.getItem(KEPT_AS)) return null;
    try {
      return await getAnonymously<Account>("/api/user/self");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status !== 401 && error.status !== 200) throw error;
      rememberSession(false);
      return null;
    }
  },
  staleTime: 60_000,
});

/** Somebody has just signed in: find out who. */
export async function enter(): Promise<Visitor> {
  rememberSession(true);
  await queryClient.invalidateQueries({ queryKey: visitorQuery.queryKey });
  return queryClient.fetchQuery({ ...visitorQuery, staleTime: 0 });
}

export function useSite(): SiteStatus {
  return useSuspenseQuery(statusQuery).data;
}

/** How amounts are said. Read by every amount of a list: it does not watch for changes, which come with the next page. */
export function useMoneyStyle(): MoneyStyle {
  const site = queryClient.getQueryData(statusQuery.queryKey);
  return {
    quotaPerUnit: site?.quota_per_unit || 500_000,
    inCurrency: site?.display_in_currency ?? true,
    counting: i18next.t("money.counting"),
  };
}

/** The account of the reader; only beneath the shell, where somebody is signed in. */
export function useAccount(): Account {
  const { data } = useSuspenseQuery(visitorQuery);
  if (!data) throw new Error("nobody is signed in");
  return data;
}

export function useIsAdmin(): boolean {
  return useRole() >= ROLE.admin;
}

/** The reader's role; 0: a visitor's. */
function useRole(): number {
  return useSuspenseQuery(visitorQuery).data?.role ?? 0;
}

/** Names of the groups, for administrators. */
export function useGroups(): string[] {
  const { data } = useQuery({ queryKey: ["groups"], queryFn: () => get<string[]>("/api/group/") });
  return data ?? [];
}

export function useIsRoot(): boolean {
  return useRole() >= ROLE.root;
}
