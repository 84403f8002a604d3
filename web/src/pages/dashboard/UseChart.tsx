import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Dashboard } from "@/api/types";
import { NAMED_MAX } from "@/chart/colours";
import { Legend } from "@/chart/Legend";
import { StackedBars } from "@/chart/StackedBars";
import { siteDaysBegin } from "@/chart/scale";
import { compact, money, roundMoney } from "@/format/money";
import { useAddress } from "@/list/address";
import { useMoneyStyle } from "@/session";
import { Choices } from "@/ui/Choices";
import { Skeleton } from "@/ui/Skeleton";
import { type By, WAYS } from "./Dashboard";

const WHATS = ["quota", "requests", "tokens"] as const;
type What = (typeof WHATS)[number];

interface UseChartProps {
  data: Dashboard | undefined;
  by: By;
  isSite: boolean;
}

export function UseChart({ data, by, isSite }: UseChartProps) {
  const { t } = useTranslation();
  const style = useMoneyStyle();
  const [, change] = useAddress();
  const [what, setWhat] = useState<What>("quota");
  const series = (data?.top ?? []).slice(0, NAMED_MAX);
  const values = useMemo(() => valuesOf(data, what), [data, what]);
  const named = new Set(series.map((one) => one.key));
  const hasOthers = (data?.series ?? []).some((point) => !named.has(point.key));
  const ways = isSite ? WAYS : (["model", "token"] as const);
  const begin = data && data.step_seconds >= 86_400 ? siteDaysBegin(values.keys()) : undefined;
  const shown = { what: t(`dash.chart.${what}`) };
  const title = data && data.step_seconds < 86_400 ? t("dash.perHour", shown) : t("dash.perDay", shown);
  return (
    <section className="min-w-0">
      <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <h2 className="font-semibold">{title}</h2>
        <Choices
          label={t("dash.what")}
          value={what}
          onChange={setWhat}
          choices={WHATS.map((one) => ({ value: one, label: t(`dash.chart.${one}`) }))}
        />
        <span className="sm:ml-auto">
          <Choices
            label={t("dash.byWhat")}
            value={by}
            onChange={(now) => change({ by: now === "model" ? undefined : now })}
            choices={ways.map((one) => ({ value: one, label: t(`dash.by.${one}`) }))}
          />
        </span>
      </div>
      {data ? (
        <StackedBars
          values={values}
          series={series}
          start={data.start}
          end={data.end}
          stepSeconds={data.step_seconds}
          label={title}
          format={(value) => (what === "quota" ? money(value, style) : compact(value))}
          formatMark={(value) => (what === "quota" ? roundMoney(value, style) : compact(value))}
        />
      ) : (
        <Skeleton className="h-75 w-full" />
      )}
      <Legend series={series} hasOthers={hasOthers} isMono={by === "model"} />
      {begin && <p className="mt-1.5 text-muted text-sm">{t("dash.siteDays", { time: begin })}</p>}
    </section>
  );
}

function valuesOf(data: Dashboard | undefined, what: What): Map<number, Map<string, number>> {
  const values = new Map<number, Map<string, number>>();
  for (const point of data?.series ?? []) {
    const step = values.get(point.at) ?? new Map<string, number>();
    step.set(point.key, (step.get(point.key) ?? 0) + point[what]);
    values.set(point.at, step);
  }
  return values;
}
