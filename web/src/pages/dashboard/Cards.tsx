import { useTranslation } from "react-i18next";
import type { Dashboard } from "@/api/types";
import { compact, grouped, percent } from "@/format/money";
import { duration } from "@/format/time";
import { type Figure, Figures } from "@/ui/Figures";
import { Money } from "@/ui/Money";
import { changeOf } from "./change";

type Sums = Dashboard["sums"];

/** What is left of the charges whose cost is known; undefined where no channel says what it costs. */
export function marginOf({ cost, costed }: Pick<Sums, "cost" | "costed">): number | undefined {
  return costed ? (costed - (cost ?? 0)) / costed : undefined;
}

const share = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
const VALUES = {
  quota: (sums: Sums) => sums.quota,
  requests: (sums: Sums) => sums.requests,
  tokens: (sums: Sums) => sums.input_tokens + sums.output_tokens,
  cached: (sums: Sums) => share(sums.cached_tokens, sums.input_tokens),
  failed: (sums: Sums) => share(sums.failed, sums.requests),
  firstToken: (sums: Sums) => sums.first_token_ms,
  each: (sums: Sums) => share(sums.quota, sums.requests),
  margin: (sums: Sums) => marginOf(sums) ?? 0,
};

/** What the span adds up to, each beside the span before it. */
export function Cards({ data }: { data: Dashboard | undefined }) {
  const { t } = useTranslation();
  const nothing: Sums = {
    requests: 0,
    quota: 0,
    input_tokens: 0,
    output_tokens: 0,
    cached_tokens: 0,
    elapsed_ms: 0,
    failed: 0,
    first_token_ms: 0,
    cost: null,
    costed: null,
  };
  const sums = data?.sums ?? nothing;
  const before = data?.before ?? nothing;
  const span = data ? { from: String(data.start), to: String(data.end), type: "2" } : undefined;
  const figure = (
    name: keyof typeof VALUES,
    value: React.ReactNode,
    better?: "more" | "less",
    type?: string,
  ): Figure => ({
    name: t(`dash.${name}`),
    value,
    change: changeOf(VALUES[name](sums), VALUES[name](before), better),
    beside: before.requests > 0 ? t("dash.before") : "",
    ...(span ? { to: { to: "/log", search: type ? { ...span, type } : span } } : {}),
  });
  return (
    <Figures
      isPending={!data}
      figures={[
        figure("quota", <Money quota={sums.quota} decimals={2} />),
        figure("requests", sums.requests < 1e6 ? grouped(sums.requests) : compact(sums.requests)),
        figure("failed", sums.requests ? percent(VALUES.failed(sums)) : "–", "less", "6"),
        figure("tokens", compact(VALUES.tokens(sums))),
        figure("cached", sums.input_tokens ? percent(VALUES.cached(sums)) : "–", "more"),
        figure("firstToken", sums.first_token_ms ? duration(sums.first_token_ms) : "–", "less"),
        sums.costed
          ? figure("margin", percent(VALUES.margin(sums)), "more")
          : figure("each", sums.requests ? <Money quota={VALUES.each(sums)} /> : "–"),
      ]}
    />
  );
}
