import { useCallback, useState } from "react";
import type { Column } from "./types";

export interface Remembered {
  size: number | undefined;
  isDense: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: columns of whatever rows
  isShown: (column: Column<any>) => boolean;
  toggle: (id: string) => void;
  setDense: (isDense: boolean) => void;
  setSize: (size: number) => void;
}

interface Kept {
  shown: string[] | undefined;
  size: number | undefined;
  isDense: boolean;
}

/** How this reader likes a list: kept in the browser. */
export function useRemembered<Row>(name: string, columns: Column<Row>[]): Remembered {
  const place = `list-${name}`;
  const [kept, setKept] = useState<Kept>(() => read(place));
  const keep = (changes: Partial<Kept>) => {
    const now = { ...kept, ...changes };
    localStorage.setItem(place, JSON.stringify(now));
    setKept(now);
  };
  const shown = kept.shown ?? columns.filter((column) => !column.isOptional).map((column) => column.id);
  const own = kept.shown;
  const isShown = useCallback(
    (column: Column<unknown>) => column.isMain || (own ? own.includes(column.id) : !column.isOptional),
    [own],
  );
  return {
    size: kept.size,
    isDense: kept.isDense,
    isShown: isShown as Remembered["isShown"],
    toggle: (id) => keep({ shown: shown.includes(id) ? shown.filter((one) => one !== id) : [...shown, id] }),
    setDense: (isDense) => keep({ isDense }),
    setSize: (size) => keep({ size }),
  };
}

function read(place: string): Kept {
  const nothing: Kept = { shown: undefined, size: undefined, isDense: true };
  try {
    return { ...nothing, ...JSON.parse(localStorage.getItem(place) ?? "{}") };
  } catch {
    return nothing;
  }
}
