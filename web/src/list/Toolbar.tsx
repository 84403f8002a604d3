import { Columns3, Download, RefreshCw, Search as SearchIcon, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Query } from "@/api/call";
import { IconButton } from "@/ui/Button";
import { classes } from "@/ui/class";
import { Menu } from "@/ui/Menu";
import { sayError } from "@/ui/toasts";
import { PAGE_SIZES, useAddress } from "./address";
import { csvOf } from "./csv";
import { download, everyRow } from "./everything";
import { FilterChip } from "./FilterChip";
import type { Remembered } from "./remembered";
import type { Filter, ListSpec } from "./types";

interface ToolbarProps<Row> {
  spec: ListSpec<Row>;
  filters: Filter[];
  query: Query;
  remembered: Remembered;
  tools: React.ReactNode;
  lead: React.ReactNode;
  refresh: () => void;
}

export function Toolbar<Row>({ spec, filters, query, remembered, tools, lead, refresh }: ToolbarProps<Row>) {
  const { t } = useTranslation();
  const save = async () => {
    try {
      const rows = await everyRow<Row>(spec.endpoint, query);
      download(`${spec.name}.csv`, csvOf(spec.columns, rows));
    } catch (error) {
      sayError(error);
    }
  };
  const chips = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // on a phone the one that was chosen may be scrolled away
    const chosen = chips.current?.querySelectorAll('[aria-pressed="true"]') ?? [];
    [...chosen].at(-1)?.scrollIntoView({ inline: "center", block: "nearest" });
  }, []);
  // A phone has no room for chips beside the search.
  const isInTwoRows = spec.canSearch && (!!lead || filters.length > 0);
  return (
    <div
      className={classes(
        "flex min-h-12 shrink-0 items-center gap-1.5 px-4 py-1.5",
        isInTwoRows && "max-sm:flex-wrap",
      )}
    >
      {spec.canSearch && <SearchBox hint={spec.searchHint ?? t("list.search")} />}
      <div
        ref={chips}
        className={classes(
          "flex min-w-0 flex-1 items-center gap-1.5 overflow-x-auto [scrollbar-width:none] lg:flex-wrap",
          // what is scrolled away fades out
          "max-sm:[mask-image:linear-gradient(to_right,black_calc(100%-1.5rem),transparent)]",
          isInTwoRows && "max-sm:order-last max-sm:-mx-4 max-sm:basis-full max-sm:px-4",
        )}
      >
        {lead}
        {filters.map((filter) => (
          <FilterChip key={filter.id} filter={filter} />
        ))}
      </div>
      <IconButton label={t("list.refresh")} onClick={refresh} className="max-sm:hidden">
        <RefreshCw aria-hidden />
      </IconButton>
      <IconButton label={t("list.export")} onClick={save} className="max-sm:hidden">
        <Download aria-hidden />
      </IconButton>
      <Look spec={spec} remembered={remembered} />
      {tools}
    </div>
  );
}

function Look<Row>({ spec, remembered }: { spec: ListSpec<Row>; remembered: Remembered }) {
  const { t } = useTranslation();
  const columns = spec.columns
    .filter((column) => !column.isMain)
    .map((column) => ({
      label: column.label,
      isChecked: remembered.isShown(column),
      onSelect: () => remembered.toggle(column.id),
    }));
  const roomy = {
    label: t("list.roomy"),
    isChecked: !remembered.isDense,
    onSelect: () => remembered.setDense(!remembered.isDense),
  };
  const sizes = PAGE_SIZES.toSorted((a, b) => a - b).map((size) => ({
    label: t("list.rows", { count: size }),
    isChecked: (remembered.size ?? PAGE_SIZES[0]) === size,
    onSelect: () => remembered.setSize(size),
  }));
  return (
    <Menu
      trigger={
        <IconButton label={t("list.columns")} className="max-sm:hidden">
          <Columns3 aria-hidden />
        </IconButton>
      }
      groups={[
        { label: t("list.columns"), entries: columns },
        { entries: [roomy] },
        { entries: sizes, isOneOf: true },
      ]}
    />
  );
}

const PAUSE_MS = 250;

function SearchBox({ hint }: { hint: string }) {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const [text, setText] = useState(search.q ?? "");
  useEffect(() => {
    if (text === (search.q ?? "")) return;
    const timer = setTimeout(() => change({ q: text || undefined, page: undefined }, true), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, search.q, change]);
  return (
    <span className="flex h-7 w-52 shrink-0 items-center gap-1.5 rounded border border-line bg-panel px-2 focus-within:border-accent max-sm:h-9 max-sm:w-auto max-sm:min-w-0 max-sm:shrink max-sm:grow max-sm:basis-32">
      <SearchIcon className="size-3.5 shrink-0 text-muted" aria-hidden />
      <input
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder={hint}
        aria-label={hint}
        type="search"
        className="min-w-0 flex-1 bg-transparent outline-none"
      />
      {text && (
        <button
          type="button"
          aria-label={t("list.clearSearch")}
          onClick={() => setText("")}
          className="text-muted"
        >
          <X className="size-3" aria-hidden />
        </button>
      )}
    </span>
  );
}
