import { useTranslation } from "react-i18next";
import { grouped, money } from "@/format/money";
import { useMoneyStyle } from "@/session";

/** An amount as the site shows it; the exact quota on hover. */
export function Money({ quota, decimals }: { quota: number; decimals?: number }) {
  const style = useMoneyStyle();
  const { t } = useTranslation();
  return <span title={t("money.exact", { quota: grouped(quota) })}>{money(quota, style, decimals)}</span>;
}
