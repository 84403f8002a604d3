import { Search } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Prices } from "@/api/types";
import { useAddress } from "@/list/address";
import { Empty } from "@/ui/Empty";
import { PriceTable } from "./PriceTable";

export function SearchModels() {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  return (
    <span className="flex h-7 w-60 items-center gap-1.5 rounded border border-line bg-panel px-2 focus-within:border-accent max-sm:h-9 max-sm:w-full">
      <Search className="size-3.5 shrink-0 text-muted" aria-hidden />
      <input
        type="search"
        value={search.q ?? ""}
        onChange={(event) => change({ q: event.target.value || undefined }, true)}
        placeholder={t("model.search")}
        aria-label={t("model.search")}
        className="min-w-0 flex-1 bg-transparent outline-none"
      />
    </span>
  );
}

/** Those of the models that are looked for, with their prices. */
export function Found({ prices, text }: { prices: Prices; text: string | undefined }) {
  const { t } = useTranslation();
  const wanted = (text ?? "").trim().toLowerCase();
  const models = prices.models.filter((one) => `${one.model} ${one.vendor}`.toLowerCase().includes(wanted));
  if (models.length) return <PriceTable models={models} factor={prices.factor} />;
  return (
    <Empty title={prices.models.length ? t("list.noneFound") : t("model.empty")}>
      {!prices.models.length && t("model.emptyHelp")}
    </Empty>
  );
}
