import { useQuery } from "@tanstack/react-query";
import { get } from "@/api/call";
import type { Rest } from "@/api/types";

const REFRESH_MS = 10_000;

/** What rests after failures, the longest rest first. */
export function useRests(isWanted = true) {
  return useQuery({
    queryKey: ["resting"],
    enabled: isWanted,
    refetchInterval: REFRESH_MS,
    queryFn: () => get<Rest[]>("/api/status/resting"),
  });
}
