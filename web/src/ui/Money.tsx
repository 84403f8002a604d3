import i18next from "i18next";
import { grouped, money } from "@/format/money";
import { useMoneyStyle } from "@/session";

/** An amount as the site shows it; the exact quota on hover. */
export function Money({ quota, decimals }: { quota: number; decimals?: number }) {
  const style = useMoneyStyle();
  return (
    <span title={i18next.t("money.exact", { quota: grouped(quota) })}>{money(quota, style, decimals)}</span>
  );
}
