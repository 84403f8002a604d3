import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { grouped } from "@/format/money";
import { IconButton } from "@/ui/Button";
import { useAddress } from "./address";
import type { Rows } from "./rows";

interface FootProps<Row> {
  list: Rows<Row>;
  size: number;
  sum: React.ReactNode;
}

/** How many there are, and where one is among them. */
export function Foot<Row>({ list, size, sum }: FootProps<Row>) {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const page = Math.max(1, Number(search.page) || 1);
  const last = (page - 1) * size + list.rows.length;
  const go = (to: number) => change({ page: to > 1 ? String(to) : undefined });
  return (
    <div className="flex h-10 shrink-0 items-center gap-3 border-line border-t px-4 text-muted">
      <span aria-live="polite" className="truncate">
        {list.total !== undefined &&
          t(list.isExact ? "list.total" : "list.moreThan", {
            count: list.total,
            number: grouped(list.total),
          })}
        {sum && <> · {sum}</>}
      </span>
      {list.waiting > 0 && <span>{t("list.waiting", { count: list.waiting })}</span>}
      <span className="ml-auto whitespace-nowrap">
        {list.rows.length > 0 &&
          (page > 1 || list.hasNext) &&
          `${grouped(last - list.rows.length + 1)} – ${grouped(last)}`}
      </span>
      {(page > 1 || list.hasNext) && (
        <span className="flex">
          <IconButton label={t("list.previous")} disabled={page <= 1} onClick={() => go(page - 1)}>
            <ChevronLeft aria-hidden />
          </IconButton>
          <IconButton label={t("list.next")} disabled={!list.hasNext} onClick={() => go(page + 1)}>
            <ChevronRight aria-hidden />
          </IconButton>
        </span>
      )}
    </div>
  );
}
