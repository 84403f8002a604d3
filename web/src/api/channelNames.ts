import { useQuery } from "@tanstack/react-query";
import { queryClient, useIsAdmin } from "@/session";
import { get } from "./call";
import type { Channel } from "./types";

export const NAMES_SHOWN = 100;
const KEY = ["channel-names"];

/** The names of the channels that are used most, by number; only administrators see any. */
export function useChannelNames(): ReadonlyMap<number, string> {
  const isAdmin = useIsAdmin();
  const { data } = useQuery({
    queryKey: KEY,
    enabled: isAdmin,
    staleTime: 60_000,
    select: byId,
    queryFn: () => get<Channel[]>("/api/channel/", { size: NAMES_SHOWN, sort: "used_quota", order: "desc" }),
  });
  return data ?? NO_NAMES;
}

export const NO_NAMES: ReadonlyMap<number, string> = new Map();

/** Those that are known by now. */
export function knownChannelNames(): ReadonlyMap<number, string> {
  return byId(queryClient.getQueryData<Channel[]>(KEY) ?? []);
}

function byId(rows: Channel[]): ReadonlyMap<number, string> {
  return new Map(rows.map((row) => [row.id, row.name]));
}
