import { useQueryClient } from "@tanstack/react-query";
import { GripVertical } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { put } from "@/api/call";
import type { Channel, Page } from "@/api/types";
import { overAll } from "@/list/overAll";
import { letRowsMove } from "@/list/rows";
import { say, sayError } from "@/ui/toasts";
import { moved } from "./order";

const LIST = "/api/channel/";

/** Takes a channel up or down in the order of priority: dragged, or with the arrow keys. */
export function Handle({ row }: { row: Channel }) {
  const { t } = useTranslation();
  const move = useMove();
  const handle = useRef<HTMLButtonElement>(null);
  const target = useRef<HTMLTableRowElement | undefined>(undefined);
  const mark = (now: HTMLTableRowElement | undefined) => {
    if (target.current !== now) delete target.current?.dataset.drop;
    target.current = now;
    const own = handle.current?.closest("tr");
    if (now && own) now.dataset.drop = now.rowIndex < own.rowIndex ? "above" : "below";
  };
  return (
    <button
      ref={handle}
      type="button"
      aria-label={t("channel.move", { name: row.name })}
      title={t("channel.moveHelp")}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("tr");
        mark(over?.dataset.row && over.dataset.row !== String(row.id) ? over : undefined);
      }}
      onPointerUp={() => {
        const to = target.current?.dataset.row;
        mark(undefined);
        if (to) move(row.id, (ids) => ids.indexOf(Number(to)));
      }}
      onPointerCancel={() => mark(undefined)}
      onKeyDown={(event) => {
        const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        move(row.id, (_, from) => from + step).then(() => handle.current?.focus());
      }}
      className="-ml-1.5 flex h-6 w-5 shrink-0 cursor-grab touch-none items-center justify-center rounded text-faint hover:text-text active:cursor-grabbing"
    >
      <GripVertical className="size-3.5" aria-hidden />
    </button>
  );
}

/** Give a row another place among those that are shown, and say how that is taken back. */
function useMove() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const save = async (rows: Channel[], priorities: number[], onSaved = () => {}) => {
    const { failed } = await overAll(
      rows.map((row, place) => ({ id: row.id, priority: priorities[place] })),
      (change) => put(LIST, change),
      () => false,
    );
    if (failed[0]) sayError(new Error(failed[0].error));
    else onSaved();
    await client.invalidateQueries({ queryKey: ["list", LIST] });
    letRowsMove();
  };
  return async (id: number, place: (ids: number[], from: number) => number) => {
    const rows = shownRows(client);
    const ids = rows.map((row) => row.id);
    const from = ids.indexOf(id);
    const changes = [...moved(rows.map(priorityOf), from, place(ids, from))];
    if (changes.length === 0) return;
    const changed = changes.flatMap(([at]) => rows[at] ?? []);
    const priorities = changes.map(([, priority]) => priority);
    await save(changed, priorities, () =>
      say("good", t("channel.moved", { count: changed.length, name: rows[from]?.name ?? "" }), {
        label: t("action.undo"),
        run: () => save(changed, changed.map(priorityOf)),
      }),
    );
  };
}

const priorityOf = (row: Channel) => row.priority ?? 0;

/** The rows in the order in which they are drawn. */
function shownRows(client: ReturnType<typeof useQueryClient>): Channel[] {
  const known = new Map<string, Channel>();
  for (const [, page] of client.getQueriesData<Page<Channel>>({ queryKey: ["list", LIST] }))
    for (const row of page?.data ?? []) known.set(String(row.id), row);
  const drawn = [...document.querySelectorAll<HTMLElement>("tr[data-row]")];
  return drawn.flatMap(({ dataset }) => known.get(dataset.row ?? "") ?? []);
}
