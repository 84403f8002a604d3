import { useQuery } from "@tanstack/react-query";
import i18next from "i18next";
import { createContext, type ReactNode, useContext } from "react";
import { get } from "@/api/call";
import type { Recent } from "@/api/types";
import { grouped } from "@/format/money";
import { Spark } from "@/ui/Spark";

type ByRow = ReadonlyMap<number, Recent["rows"][number]>;

const Use = createContext<ByRow | undefined>(undefined);
/** The name of the column that draws it. */
export const LAST_DAY = "last-day";
const STALE_MS = 60_000;

interface RecentUseProps {
  by: "channel" | "token" | undefined;
  /** The rows that are shown. */
  ids: string[];
  children: ReactNode;
}

/** Asks once for the last day of all rows of a list; `LastDay` draws it in each. */
export function RecentUse({ by, ids, children }: RecentUseProps) {
  const asked = [...ids].sort().join(",");
  const { data } = useQuery({
    queryKey: ["recent", by, asked],
    enabled: !!by && ids.length > 0,
    staleTime: STALE_MS,
    queryFn: () => get<Recent>("/api/dashboard/recent", { by, ids: asked }),
    select: byRow,
  });
  return <Use.Provider value={data}>{children}</Use.Provider>;
}

function byRow(recent: Recent): ByRow {
  return new Map(recent.rows.map((row) => [row.id, row]));
}

/** The last 24 hours of a row, requests and among them failures. */
export function LastDay({ id }: { id: number }) {
  const use = useContext(Use);
  const mine = use?.get(id);
  if (!use) return null;
  if (!mine) return <span className="text-muted">–</span>;
  const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);
  const label = i18next.t("list.lastDayOf", {
    count: sum(mine.requests),
    requests: grouped(sum(mine.requests)),
    failed: grouped(sum(mine.failed)),
  });
  return <Spark all={mine.requests} bad={mine.failed} label={label} />;
}
