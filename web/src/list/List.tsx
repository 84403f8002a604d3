import { useCallback, useDeferredValue, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { listQuery, PAGE_SIZES, pageInstead, useAddress } from "./address";
import { BulkBar } from "./BulkBar";
import { Foot } from "./Foot";
import { useListKeys } from "./keys";
import { LAST_DAY, RecentUse } from "./recent";
import { useRemembered } from "./remembered";
import { type Rows, useRows } from "./rows";
import { Table } from "./Table";
import { Toolbar } from "./Toolbar";
import type { ListSpec } from "./types";

interface ListProps<Row> {
  spec: ListSpec<Row>;
  /** Buttons of the page: add, test all. */
  tools?: React.ReactNode;
  /** Chips before the filters. */
  lead?: React.ReactNode;
  /** What the foot says beside the count. */
  sum?: React.ReactNode;
}

/** Every list of the page: rows of the server's, with all that the address says about them. */
export function List<Row>({ spec, tools, lead, sum }: ListProps<Row>) {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const remembered = useRemembered(spec.name, spec.columns);
  const [isHeld, setHeld] = useState(false);
  const filters = spec.filters ?? [];
  const size = remembered.size ?? (PAGE_SIZES[0] as number);
  const query = { ...listQuery(search, filters, size), ...spec.query };
  const list = useDrawn(useRows<Row>({ ...spec, query, isHeld }));
  const [picked, setPicked] = usePicked(JSON.stringify(query));
  const isBeyond = !list.isPending && !list.isStale && !list.error && !list.rows.length && query.p !== 0;
  const instead = pageInstead(list, size);
  useEffect(() => {
    if (isBeyond) change({ page: instead > 1 ? String(instead) : undefined }, true);
  }, [isBeyond, instead, change]);
  const ids = useMemo(() => list.rows.map(spec.rowId), [list.rows, spec.rowId]);
  const { isShown } = remembered;
  const columns = useDeferredValue(useMemo(() => spec.columns.filter(isShown), [spec.columns, isShown]));

  const pick = useCallback(
    (id: string) => {
      setPicked((old) => {
        const now = new Set(old);
        if (!now.delete(id)) now.add(id);
        return now;
      });
    },
    [setPicked],
  );
  const open = useCallback((id: string) => change({ open: id }), [change]);
  const at = (act: (id: string) => void) => (place: number) => {
    const id = ids[place];
    if (id) act(id);
  };
  const cursor = useListKeys({ count: ids.length, open: at(open), select: at(pick) });
  const isFiltered = !!search.q || filters.some((filter) => search[filter.id]);

  return (
    <div className="flex h-full flex-col">
      <Toolbar
        spec={spec}
        filters={filters}
        query={query}
        remembered={remembered}
        tools={tools}
        lead={lead}
        refresh={list.refresh}
      />
      <div
        className="min-h-0 flex-1 overflow-auto px-4"
        onPointerEnter={() => setHeld(true)}
        onPointerLeave={() => setHeld(false)}
      >
        {list.error && !list.rows.length ? (
          <div role="alert">
            <Empty
              title={t("list.failed")}
              action={<Button onClick={list.refresh}>{t("action.retry")}</Button>}
            >
              {list.error.message}
            </Empty>
          </div>
        ) : (
          <RecentUse by={columns.some(({ id }) => id === LAST_DAY) ? spec.lastDayBy : undefined} ids={ids}>
            <Table
              spec={spec}
              columns={columns}
              list={list}
              picked={picked}
              cursor={cursor}
              isDense={remembered.isDense}
              onPick={pick}
              onPickAll={(all) => setPicked(all ? new Set(ids) : new Set())}
              onOpen={open}
            />
          </RecentUse>
        )}
        {!list.isPending && !list.error && list.rows.length === 0 && !isBeyond && (
          <Empty
            title={isFiltered ? t("list.noneFound") : spec.empty.title}
            action={
              isFiltered ? (
                <Button onClick={() => change(cleared(["q", "page", ...filters.map((filter) => filter.id)]))}>
                  {t("list.clearFilters")}
                </Button>
              ) : (
                spec.empty.action
              )
            }
          >
            {isFiltered ? t("list.noneFoundHelp") : spec.empty.help}
          </Empty>
        )}
      </div>
      {picked.size > 0 && spec.bulk ? (
        <BulkBar
          actions={spec.bulk}
          rows={list.rows.filter((row) => picked.has(spec.rowId(row)))}
          rowName={spec.rowName}
          onDone={() => {
            setPicked(new Set());
            list.refresh();
          }}
        />
      ) : (
        <Foot list={list} size={size} sum={sum} />
      )}
    </div>
  );
}

/** The rows that are selected; other rows are selected anew. */
function usePicked(asked: string) {
  const [of, setOf] = useState(asked);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  if (of !== asked) {
    setOf(asked);
    setPicked(new Set());
  }
  return [picked, setPicked] as const;
}

/** The rows a little later: drawing fifty of them is done in slices, between which the page answers. */
function useDrawn<Row>(list: Rows<Row>): Rows<Row> {
  const rows = useDeferredValue(list.rows);
  const isFirst = rows.length === 0 && list.rows.length > 0;
  return { ...list, rows, isPending: list.isPending || isFirst };
}

function cleared(names: string[]): Record<string, undefined> {
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
