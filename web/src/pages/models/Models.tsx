import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { Prices } from "@/api/types";
import { useAddress } from "@/list/address";
import { useGroups, useIsAdmin, useIsRoot } from "@/session";
import { Choices } from "@/ui/Choices";
import { Loading } from "@/ui/Loading";
import { Select } from "@/ui/Select";
import { Found, SearchModels } from "./Found";

const Own = lazy(() => import("./Own").then((part) => ({ default: part.Own })));

/** The models that a group may use, and what they cost it. */
export function Page() {
  const { t, i18n } = useTranslation();
  const [search, change] = useAddress();
  const isAdmin = useIsAdmin();
  const isRoot = useIsRoot();
  const isOwn = isRoot && search.tab === "own";
  const { data, error, refetch } = useQuery({
    queryKey: ["prices", "of", i18n.language, search.group ?? ""],
    enabled: !isOwn,
    placeholderData: keepPreviousData,
    queryFn: () => get<Prices>("/api/prices", { group: search.group }),
  });
  return (
    <div className="flex h-full flex-col">
      <div className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 px-4 py-1.5">
        <SearchModels />
        {isRoot && (
          <Choices
            label={t("prices.tabs")}
            value={isOwn ? "own" : "prices"}
            onChange={(tab) => change({ tab: tab === "own" ? tab : undefined, open: undefined })}
            choices={(["prices", "own"] as const).map((value) => ({ value, label: t(`prices.${value}`) }))}
          />
        )}
        {isAdmin && !isOwn && data && (
          <GroupChoice group={data.group} choose={(group) => change({ group })} />
        )}
        {data && !isOwn && (
          <span className="text-muted max-sm:basis-full">
            {t("model.count", { count: data.models.length })}
            {data.factor !== 1 && ` · ${t("model.factor", { factor: data.factor })}`}
          </span>
        )}
      </div>
      {isOwn ? (
        <Suspense>
          <Own />
        </Suspense>
      ) : (
        <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-8">
          {data ? <Found prices={data} text={search.q} /> : <Loading error={error} retry={refetch} />}
        </div>
      )}
    </div>
  );
}

function GroupChoice({ group, choose }: { group: string; choose: (group: string) => void }) {
  const { t } = useTranslation();
  const groups = useGroups();
  const all = groups.includes(group) ? groups : [group, ...groups];
  return (
    <span className="w-40 max-sm:w-auto max-sm:min-w-0 max-sm:flex-1">
      <Select
        label={t("model.group")}
        value={group}
        onChange={choose}
        choices={all.map((name) => ({ value: name, label: name }))}
      />
    </span>
  );
}
