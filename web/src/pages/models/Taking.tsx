import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { OwnPrice } from "@/api/types";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { sayError } from "@/ui/toasts";
import { useSavePrices } from "./useSavePrices";

/** Take the catalogue's price wherever another is in force; asked about, as it is many. */
export function TakeAll({ rows }: { rows: OwnPrice[] }) {
  const { t } = useTranslation();
  const save = useSavePrices();
  const [isAsked, setAsked] = useState(false);
  const take = () => {
    setAsked(false);
    save(
      rows.map((row) => ({ row, entries: [] })),
      t("prices.taken", { count: rows.length }),
    ).catch(sayError);
  };
  return (
    <>
      <Button
        icon={<Download aria-hidden />}
        disabled={rows.length === 0}
        title={rows.length ? "" : t("prices.noneDiffer")}
        onClick={() => setAsked(true)}
      >
        {t("prices.takeAll", { count: rows.length })}
      </Button>
      <Confirm
        isOpen={isAsked}
        title={t("prices.takeAll", { count: rows.length })}
        action={t("prices.take")}
        onConfirm={take}
        onCancel={() => setAsked(false)}
      >
        {t("prices.takeHelp", { count: rows.length })}
      </Confirm>
    </>
  );
}

/** Take it for those that are selected. */
export function TakeSome({ rows, count, onDone }: { rows: OwnPrice[]; count: number; onDone: () => void }) {
  const { t } = useTranslation();
  const save = useSavePrices();
  if (count === 0) return null;
  return (
    <section
      aria-label={t("bulk.selected", { count })}
      className="flex min-h-10 shrink-0 flex-wrap items-center gap-1.5 border-accent border-t bg-sel px-4 py-1.5"
    >
      <span className="mr-2 font-medium text-accent-text">{t("bulk.selected", { count })}</span>
      <Button
        disabled={rows.length === 0}
        onClick={() =>
          save(
            rows.map((row) => ({ row, entries: [] })),
            t("prices.taken", { count: rows.length }),
          ).then(onDone, sayError)
        }
      >
        {t("prices.takeSome", { count: rows.length })}
      </Button>
      <Button look="quiet" className="ml-auto" onClick={onDone}>
        {t("bulk.none")}
      </Button>
    </section>
  );
}
