import { useQuery } from "@tanstack/react-query";
import { useIsAdmin } from "@/session";
import { get } from "./call";
import type { Channel } from "./types";

export const NAMES_SHOWN = 100;

/** The names of the channels that are used most, by number; only administrators see any. */
export function useChannelNames(): ReadonlyMap<number, string> {
  const isAdmin = useIsAdmin();
  const { data } = useQuery({
    queryKey: ["channel-names"],
    enabled: isAdmin,
    staleTime: 60_000,
    select: byId,
    queryFn: () => get<Channel[]>("/api/channel/", { size: NAMES_SHOWN, sort: "used_quota", order: "desc" }),
  });
  return data ?? NONE;
}

const NONE: ReadonlyMap<number, string> = new Map();

function byId(rows: Channel[]): ReadonlyMap<number, string> {
  return new Map(rows.map((row) => [row.id, row.name]));
}
