import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, type Query } from "@/api/call";
import { NAMES_SHOWN, useChannelNames } from "@/api/channelNames";
import type { LogRow } from "@/api/types";
import { useAddress } from "@/list/address";
import { List } from "@/list/List";
import { RangeChips } from "@/list/RangeChips";
import { boundsOf } from "@/list/range";
import type { Filter, ListSpec } from "@/list/types";
import { useIsAdmin, useIsRoot } from "@/session";
import { Button } from "@/ui/Button";
import { Chip } from "@/ui/Chip";
import { Money } from "@/ui/Money";
import { State } from "@/ui/State";
import { FAILED, logId, TYPES, useLogColumns, WithChannelNames } from "./columns";

const Explain = lazy(() => import("./Explain").then((part) => ({ default: part.Explain })));
const DeleteLogs = lazy(() => import("./DeleteLogs").then((part) => ({ default: part.DeleteLogs })));
const JobDialog = lazy(() => import("@/pages/jobs/JobDialog").then((part) => ({ default: part.JobDialog })));

const LIVE_SECONDS = 3;

export function Page() {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const [search, change] = useAddress();
  const [isLive, setLive] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const isRoot = useIsRoot();
  const columns = useLogColumns();
  const filters = useLogFilters();
  const endpoint = isAdmin ? "/api/log/" : "/api/log/self";
  const bounds = boundsOf(search);
  const spec: ListSpec<LogRow> = {
    name: "logs",
    endpoint,
    columns,
    filters,
    query: { ...bounds },
    rowId: logId,
    rowName: logId,
    liveSeconds: isLive ? LIVE_SECONDS : undefined,
    empty: { title: t("log.empty"), help: t("log.emptyHelp") },
  };
  return (
    <WithChannelNames>
      <List
        spec={spec}
        lead={
          <>
            <RangeChips />
            <Chip
              isOn={search.type === String(FAILED)}
              onClick={() =>
                change({ type: search.type === String(FAILED) ? undefined : String(FAILED), page: undefined })
              }
            >
              {t("log.failedOnly")}
            </Chip>
          </>
        }
        sum={
          bounds.start_timestamp ? (
            <Sum query={{ ...bounds, ...filterQuery(search, filters) }} isLive={isLive} />
          ) : null
        }
        tools={
          <>
            <Chip isOn={isLive} onClick={() => setLive(!isLive)}>
              <State tone={isLive ? "good" : "off"}>{t("log.live")}</State>
            </Chip>
            {isRoot && (
              <Button className="max-md:hidden" onClick={() => setDeleting(true)}>
                {t("log.deleteOld")}
              </Button>
            )}
          </>
        }
      />
      <Suspense>
        {search.open && (
          <Explain key={search.open} id={search.open} onClose={() => change({ open: undefined })} />
        )}
      </Suspense>
      <Suspense>
        {isDeleting && (
          <DeleteLogs
            onClose={() => setDeleting(false)}
            onBegun={(job) => {
              setDeleting(false);
              change({ job });
            }}
          />
        )}
        {search.job && <JobDialog id={search.job} onClose={() => change({ job: undefined })} />}
      </Suspense>
    </WithChannelNames>
  );
}

function filterQuery(search: Record<string, string | undefined>, filters: Filter[]): Query {
  return Object.fromEntries(filters.map((filter) => [filter.id, search[filter.id]]));
}

/** What the rows of a span of time cost together; without one, a million rows may have to be added up. */
function Sum({ query, isLive }: { query: Query; isLive: boolean }) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  // what the sum cannot tell apart
  const isMany =
    !!query.is_stream ||
    !!query.request_id ||
    Object.values(query).some((value) => String(value ?? "").includes(","));
  const { data } = useQuery({
    queryKey: ["log-sum", JSON.stringify(query), isAdmin],
    enabled: !isMany,
    queryFn: () => get<{ quota: number }>(isAdmin ? "/api/log/stat" : "/api/log/self/stat", query),
    refetchInterval: isLive ? LIVE_SECONDS * 1000 : false,
  });
  if (!data || isMany) return null;
  const [before, after] = t("log.sum", { amount: "\n" }).split("\n");
  return (
    <>
      {before}
      <Money quota={data.quota} decimals={2} />
      {after}
    </>
  );
}

function useLogFilters(): Filter[] {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const names = useChannelNames();
  return useMemo(() => {
    const own: Filter[] = [
      {
        id: "type",
        label: t("log.type"),
        shortcuts: [String(FAILED)],
        choices: TYPES.map((type) => ({ value: type, label: t(`log.types.${type}`) })),
      },
      { id: "model_name", label: t("log.model"), isMono: true },
      { id: "token_name", label: t("log.key") },
    ];
    const everybodys: Filter[] = [
      {
        id: "channel",
        label: t("log.channel"),
        isOpen: names.size >= NAMES_SHOWN,
        choices: [...names].map(([id, name]) => ({ value: String(id), label: name })),
      },
      { id: "username", label: t("log.user") },
    ];
    return [
      ...own,
      ...(isAdmin ? everybodys : []),
      {
        id: "is_stream",
        label: t("log.stream"),
        choices: [
          { value: "true", label: t("log.streamed") },
          { value: "false", label: t("log.whole") },
        ],
      },
      { id: "request_id", label: t("log.idFilter"), isMono: true },
    ];
  }, [t, isAdmin, names]);
}
