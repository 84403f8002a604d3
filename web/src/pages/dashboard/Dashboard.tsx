import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { Dashboard } from "@/api/types";
import { nowSeconds, startOfDay } from "@/format/time";
import { useAddress } from "@/list/address";
import { RangeChips } from "@/list/RangeChips";
import { boundsOf } from "@/list/range";
import { useIsAdmin } from "@/session";
import { Choices } from "@/ui/Choices";
import { classes } from "@/ui/class";
import { Empty } from "@/ui/Empty";
import { Loading } from "@/ui/Loading";
import { Attention } from "./Attention";
import { Cards } from "./Cards";
import { Ranking } from "./Ranking";
import { Spenders } from "./Spenders";
import { Start } from "./Start";
import { UseChart } from "./UseChart";

export const WAYS = ["model", "token", "channel", "user"] as const;
export type By = (typeof WAYS)[number];
const REFRESH_MS = 60_000;

/** Is it healthy, who spends what: sums, a chart, who used most, and what needs somebody. */
export function Page() {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const [search, change] = useAddress();
  const isSite = isAdmin && search.scope !== "own";
  const by: By = WAYS.find((one) => one === search.by) ?? "model";
  const use = useUse(isSite, by);
  const data = use.data;
  return (
    <div className="h-full overflow-y-auto px-4 pb-10">
      <div className="flex min-h-12 flex-wrap items-center gap-1.5 py-1.5">
        <RangeChips otherwise="7" />
        {isAdmin && (
          <span className="max-sm:basis-full sm:ml-auto">
            <Choices
              label={t("dash.scope")}
              value={isSite ? "site" : "own"}
              onChange={(scope) => change({ scope: scope === "own" ? "own" : undefined, by: undefined })}
              choices={[
                { value: "site", label: t("dash.site") },
                { value: "own", label: t("dash.own") },
              ]}
            />
          </span>
        )}
      </div>
      {use.error && !data ? (
        <Loading error={use.error} retry={use.refetch} />
      ) : (
        <>
          <Cards data={data} />
          <div className={classes("mt-5 grid gap-8 max-lg:grid-cols-1", isSite && "grid-cols-[2.1fr_1fr]")}>
            {data && data.sums.requests === 0 ? (
              data.before.requests === 0 ? (
                <Start />
              ) : (
                <Empty title={t("dash.empty")} />
              )
            ) : (
              <UseChart data={data} by={by} isSite={isSite} />
            )}
            {isSite && (
              <div className="flex flex-col gap-6">
                <Attention withRests />
                <Spenders />
              </div>
            )}
          </div>
          {data && data.top.length > 0 && <Ranking data={data} by={by} />}
        </>
      )}
    </div>
  );
}

export function useUse(isSite: boolean, by: By) {
  const [search] = useAddress();
  const bounds = boundsOf(search, "7");
  const start = bounds.start_timestamp ?? startOfDay(nowSeconds(), 6);
  const end = bounds.end_timestamp;
  return useQuery({
    queryKey: ["dashboard", start, end, by, isSite],
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
    queryFn: () => get<Dashboard>("/api/dashboard", { start, end, by, scope: isSite ? "site" : "own" }),
  });
}
