import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { OwnPrice } from "@/api/types";
import { useAddress } from "@/list/address";
import { Chip } from "@/ui/Chip";
import { classes } from "@/ui/class";
import { Empty } from "@/ui/Empty";
import { Loading } from "@/ui/Loading";
import { OwnTable } from "./OwnTable";
import { differs } from "./own";
import { TakeAll, TakeSome } from "./Taking";

const OwnDrawer = lazy(() => import("./OwnDrawer").then((part) => ({ default: part.OwnDrawer })));

const SHOWN = {
  all: () => true,
  differs,
  own: (row: OwnPrice) => row.origin === "own",
  adopted: (row: OwnPrice) => row.origin === "adopted",
  none: (row: OwnPrice) => row.origin === "default",
} satisfies Record<string, (row: OwnPrice) => boolean>;
type Shown = keyof typeof SHOWN;

/** The operator's prices beside the catalogue's: one is changed, the catalogue's are taken, for some or for all. */
export function Own() {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const { data, error, refetch } = useQuery({
    queryKey: ["prices", "own"],
    queryFn: () => get<OwnPrice[]>("/api/prices/own"),
  });
  if (!data)
    return (
      <div className="p-4">
        <Loading error={error} retry={refetch} />
      </div>
    );
  const shown = (search.show ?? "all") in SHOWN ? ((search.show ?? "all") as Shown) : "all";
  const wanted = (search.q ?? "").trim().toLowerCase();
  const rows = data.filter((row) => SHOWN[shown](row) && row.model.toLowerCase().includes(wanted));
  const takeable = (row: OwnPrice) => row.entries.length > 0 && differs(row);
  const all = data.filter(takeable);
  const open = data.find((row) => row.model === search.open);
  return (
    <>
      <div className="flex shrink-0 items-center gap-x-3 gap-y-2 px-4 pb-2 max-sm:flex-col max-sm:items-stretch">
        <div className="flex min-w-0 items-center gap-1 max-sm:-mx-4 max-sm:overflow-x-auto max-sm:px-4 max-sm:[scrollbar-width:none]">
          {(Object.keys(SHOWN) as Shown[]).map((name) => (
            <Chip
              key={name}
              isOn={name === shown}
              onClick={() => change({ show: name === "all" ? undefined : name })}
            >
              {t(`prices.show.${name}`)} {data.filter(SHOWN[name]).length}
            </Chip>
          ))}
        </div>
        <span className="text-muted max-sm:hidden">{t("prices.perMillion")}</span>
        <span className={classes("ml-auto flex max-sm:ml-0 max-sm:*:flex-1", !all.length && "max-sm:hidden")}>
          <TakeAll rows={all} />
        </span>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-8">
        {rows.length === 0 ? (
          <Empty title={data.length ? t("list.noneFound") : t("model.empty")} />
        ) : (
          <OwnTable
            rows={rows}
            selected={selected}
            open={open?.model}
            onSelect={setSelected}
            canTake={takeable}
            onOpen={(row) => change({ open: row.model })}
          />
        )}
      </div>
      <TakeSome
        rows={rows.filter((row) => selected.has(row.model) && takeable(row))}
        count={selected.size}
        onDone={() => setSelected(new Set())}
      />
      {open && (
        <Suspense>
          <OwnDrawer key={open.model} row={open} onClose={() => change({ open: undefined })} />
        </Suspense>
      )}
    </>
  );
}
