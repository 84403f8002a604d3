import { useTranslation } from "react-i18next";
import type { Story } from "@/api/types";
import { grouped, money, priceMoney } from "@/format/money";
import { useMoneyStyle } from "@/session";
import { isTokens, type Line } from "./detail";

const MILLION = 1_000_000;
const QUOTA_OF_A_DOLLAR = 500_000;
const GRID =
  "grid grid-cols-[1fr_5.5rem_11rem_6rem] items-baseline gap-2 px-2.5 py-1 max-sm:grid-cols-[1fr_4rem_5.5rem]";
const UNITS = [
  "input",
  "output",
  "cache_read",
  "cache_write",
  "cache_write_1h",
  "audio_input",
  "audio_output",
  "thought",
  "image",
  "second",
  "character",
  "search",
  "call",
] as const;

/** The bill: each kind of unit with its price, the group's factor, and what was charged. */
export function Calculation({ story }: { story: Story }) {
  const { t } = useTranslation();
  const style = useMoneyStyle();
  const isApart = story.lines.some((line) => line.unit === "thought");
  const thinking = isApart ? 0 : (story.usage.reasoning_tokens ?? 0);
  const price = (line: Line) => {
    const quota = line.unit_usd * QUOTA_OF_A_DOLLAR;
    return isTokens(line)
      ? t("log.perMillion", { amount: priceMoney(quota * MILLION, style) })
      : t("log.perUnit", { amount: priceMoney(quota, style) });
  };
  const name = (line: Line) => {
    const unit = UNITS.find((one) => one === line.unit);
    if (unit === "output" && thinking) return t("log.units.reasoning", { count: thinking });
    return unit ? t(`log.units.${unit}`) : line.unit;
  };
  return (
    <div className="mono divide-y divide-line rounded border border-line">
      {story.lines.map((line) => (
        <div key={line.unit} className={GRID}>
          <span>{name(line)}</span>
          <span className="text-right">{grouped(line.count)}</span>
          <span className="whitespace-nowrap text-right text-muted max-sm:hidden">{price(line)}</span>
          <span className="text-right">{money(line.quota, style)}</span>
        </div>
      ))}
      {story.price_source === "default" && (
        <p className="px-2.5 py-1 text-warn">{t("prices.originsLong.default")}</p>
      )}
      <div className={`${GRID} font-semibold`}>
        <span className="col-span-2 sm:col-span-3">{t("log.factorOf", { factor: story.factor })}</span>
        <span className="text-right">{money(story.charge + story.uncollected, style)}</span>
      </div>
    </div>
  );
}
