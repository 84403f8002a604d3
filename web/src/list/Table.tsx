import { useRouter } from "@tanstack/react-router";
import i18next from "i18next";
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, startTransition, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { nowSeconds } from "@/format/time";
import { Checkbox } from "@/ui/Checkbox";
import { classes } from "@/ui/class";
import { Skeleton } from "@/ui/Skeleton";
import { nextOrder, useAddress } from "./address";
import type { Rows } from "./rows";
import type { Column, ListSpec } from "./types";

const FLEXIBLE = 150;
const PLACES = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

interface TableProps<Row> {
  spec: ListSpec<Row>;
  columns: Column<Row>[];
  list: Rows<Row>;
  picked: ReadonlySet<string>;
  cursor: number;
  isDense: boolean;
  onPick: (id: string) => void;
  onPickAll: (all: boolean) => void;
  onOpen: (id: string) => void;
}

export function Table<Row>(props: TableProps<Row>) {
  const { spec, columns, list, picked, cursor, isDense, onPick, onPickAll, onOpen } = props;
  const { t } = useTranslation();
  const [search] = useAddress();
  const { stringifySearch } = useRouter().options;
  const addressOf = (id: string) => location.pathname + stringifySearch?.({ ...search, open: id });
  const minute = Math.floor(nowSeconds() / 60);
  const width = columns.reduce((sum, column) => sum + (column.width ?? FLEXIBLE), spec.bulk ? 30 : 0);
  const hasFlexible = columns.some((column) => !column.width);
  const drawn = useDrawnCount(list.rows.length > 0);
  const looks = useMemo(() => columns.map((_, place) => cellLook(columns, place)), [columns]);
  return (
    <table
      className={classes(
        "w-full table-fixed border-collapse sm:min-w-(--least)",
        list.isStale && "opacity-60",
      )}
      style={{ "--least": `${width}px` } as React.CSSProperties}
    >
      <thead>
        <tr>
          {spec.bulk && (
            <th className={classes(HEAD, "w-7.5 max-sm:hidden")}>
              <Checkbox
                label={t("list.selectAll")}
                isChecked={picked.size > 0 && picked.size === list.rows.length}
                isPartly={picked.size > 0 && picked.size < list.rows.length}
                onChange={onPickAll}
              />
            </th>
          )}
          {columns.map((column, place) => (
            <Head
              key={column.id}
              column={column}
              isAfterEnd={isAfterEnd(columns, place)}
              isRest={!!column.isMain && !columns.some((one) => one.isOnPhone && !one.width)}
            />
          ))}
          {!hasFlexible && <td className={classes(HEAD, "max-sm:hidden")} />}
        </tr>
      </thead>
      <tbody>
        {list.isPending &&
          PLACES.map((place) => (
            <tr key={place} className="h-8 max-sm:h-11">
              {spec.bulk && <td className={classes(CELL, "max-sm:hidden")} />}
              {columns.map((column) => (
                <td key={column.id} className={classes(CELL, !column.isOnPhone && "max-sm:hidden")}>
                  <Skeleton className="h-3 w-3/5" />
                </td>
              ))}
            </tr>
          ))}
        {list.rows.slice(0, drawn).map((row, place) => (
          <MemoRow
            key={spec.rowId(row)}
            row={row}
            id={spec.rowId(row)}
            name={spec.rowName(row)}
            address={addressOf(spec.rowId(row))}
            minute={minute}
            isOpen={search.open === spec.rowId(row)}
            columns={columns}
            looks={looks}
            canPick={!!spec.bulk}
            isPicked={picked.has(spec.rowId(row))}
            isCursor={place === cursor}
            isDense={isDense}
            hasRest={!hasFlexible}
            onPick={onPick}
            onOpen={onOpen}
          />
        ))}
      </tbody>
    </table>
  );
}

const LOWEST_ROW = 32;

/** How many rows are drawn: first those that the window has room for, all as soon as these are seen. */
function useDrawnCount(hasRows: boolean): number {
  const [count, setCount] = useState(() => Math.ceil(innerHeight / LOWEST_ROW));
  useEffect(() => {
    if (!hasRows || count === Number.POSITIVE_INFINITY) return;
    const timer = setTimeout(() => startTransition(() => setCount(Number.POSITIVE_INFINITY)));
    return () => clearTimeout(timer);
  }, [hasRows, count]);
  return count;
}

const HEAD =
  "sticky top-0 z-10 h-7 whitespace-nowrap bg-bg px-2 text-left font-medium text-muted text-sm shadow-[inset_0_-1px_var(--line)]";
const CELL = "overflow-hidden text-ellipsis whitespace-nowrap border-line border-b px-2";

/** What begins at the left beside what ends at the right needs more room between. */
function isAfterEnd<Row>(columns: Column<Row>[], place: number): boolean {
  const column = columns[place];
  return !!column?.label && !column.isEnd && !!columns[place - 1]?.isEnd;
}

function cellLook<Row>(columns: Column<Row>[], place: number): string {
  const column = columns[place];
  return classes(
    CELL,
    column?.isEnd && "text-right",
    isAfterEnd(columns, place) && "!pl-5",
    !column?.isOnPhone && "max-sm:hidden",
  );
}

interface HeadProps<Row> {
  column: Column<Row>;
  isAfterEnd: boolean;
  /** On a phone it takes what is left. */
  isRest: boolean;
}

function Head<Row>({ column, isAfterEnd, isRest }: HeadProps<Row>) {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const isSorted = column.sort !== undefined && search.sort === column.sort;
  const isRising = search.order === "asc";
  if (!column.label) {
    return (
      <th style={{ width: column.width }} className={classes(HEAD, !column.isOnPhone && "max-sm:hidden")}>
        <span className="sr-only">{t("list.actions")}</span>
      </th>
    );
  }
  return (
    <th
      aria-sort={isSorted ? (isRising ? "ascending" : "descending") : undefined}
      style={column.width ? ({ "--width": `${column.width}px` } as React.CSSProperties) : undefined}
      className={classes(
        HEAD,
        !!column.width && (isRest ? "sm:w-(--width)" : "w-(--width)"),
        column.isEnd && "!text-right",
        isAfterEnd && "!pl-5",
        !column.isOnPhone && "max-sm:hidden",
      )}
    >
      {column.sort ? (
        <button
          type="button"
          onClick={() => change(nextOrder(search, column.sort as string))}
          className={classes("inline-flex items-center gap-1 hover:text-text", isSorted && "text-text")}
        >
          {column.label}
          {isSorted &&
            (isRising ? (
              <ArrowUp className="size-3" aria-hidden />
            ) : (
              <ArrowDown className="size-3" aria-hidden />
            ))}
        </button>
      ) : (
        column.label
      )}
    </th>
  );
}

interface RowProps<Row> {
  row: Row;
  id: string;
  name: string;
  /** Where it is open. */
  address: string;
  /** When it was drawn: what is said of times is true for so long. */
  minute: number;
  isOpen: boolean;
  columns: Column<Row>[];
  /** The class of the cells of each. */
  looks: string[];
  canPick: boolean;
  isPicked: boolean;
  isCursor: boolean;
  isDense: boolean;
  hasRest: boolean;
  onPick: (id: string) => void;
  onOpen: (id: string) => void;
}

/** Drawn again only when something of it has changed: a list is drawn again for every key and every look. */
const MemoRow = memo(Row) as typeof Row;

function Row<R>(props: RowProps<R>) {
  const { row, id, name, address, isOpen, columns, looks } = props;
  const { canPick, isPicked, isCursor, isDense, hasRest } = props;
  const { onPick, onOpen } = props;
  const isMarked = isPicked || isOpen;
  const clicked = (event: React.MouseEvent) => {
    if ((event.target as HTMLElement).closest("a, button, input, [role=switch]")) return;
    if (getSelection()?.toString()) return;
    onOpen(id);
  };
  return (
    <tr
      onClick={clicked}
      data-row={id}
      ref={isCursor ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
      className={classes(
        "cursor-default",
        isDense ? "h-8" : "h-10",
        "max-sm:h-11",
        isMarked ? "bg-sel" : "hover:bg-hover",
        isCursor && "outline-1 -outline-offset-1 outline-accent",
        "data-[drop=above]:shadow-[inset_0_2px_var(--accent)] data-[drop=below]:shadow-[inset_0_-2px_var(--accent)]",
      )}
    >
      {canPick && (
        <td className={classes(CELL, "max-sm:hidden")}>
          <Checkbox
            label={i18next.t("list.select", { name })}
            isChecked={isPicked}
            onChange={() => onPick(id)}
          />
        </td>
      )}
      {columns.map((column, place) => (
        <td key={column.id} className={looks[place]}>
          {column.isMain ? (
            <a
              href={address}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
                event.preventDefault();
                onOpen(id);
              }}
              className="block truncate font-medium hover:underline"
            >
              {column.cell(row)}
            </a>
          ) : (
            column.cell(row)
          )}
        </td>
      ))}
      {hasRest && <td className={classes(CELL, "max-sm:hidden")} />}
    </tr>
  );
}
