import type { ReactNode } from "react";
import type { Query } from "@/api/call";
import type { ApiPath } from "@/api/types";

export interface Column<Row> {
  id: string;
  label: string;
  /** Pixels; a column without takes what is left. */
  width?: number;
  isEnd?: boolean;
  /** The server's name for sorting by it. */
  sort?: string;
  /** The one that opens the row. */
  isMain?: boolean;
  /** Stays on a phone; others are only in the drawer there. */
  isOnPhone?: boolean;
  /** Not shown until chosen. */
  isOptional?: boolean;
  cell: (row: Row) => ReactNode;
  /** The cell as CSV has it. */
  text: (row: Row) => string | number;
}

export interface FilterChoice {
  value: string;
  label: ReactNode;
}

/** A filter is a name of the server's and of the address. Without choices it is a text. */
export interface Filter {
  id: string;
  label: string;
  choices?: FilterChoice[];
  /** Others may be typed, too. */
  isOpen?: boolean;
  isMono?: boolean;
  /** What a chip of its own chooses and says: this one does not say it again. */
  shortcuts?: readonly string[];
}

export interface BulkAction<Row> {
  label: string;
  icon?: ReactNode;
  isDangerous?: boolean;
  /** What will happen, asked before; nothing is asked without. */
  question?: (count: number) => string;
  /** Done to one row after the other. */
  run?: (row: Row) => Promise<unknown>;
  /** Takes back for one row what `run` did to it; `row` is as it was before. */
  undo?: (row: Row) => Promise<unknown>;
  /** Done to all of them at once, and shown elsewhere. */
  runAll?: (rows: Row[]) => void;
}

export interface ListSpec<Row> {
  /** Names what is remembered about it, and its CSV file. */
  name: string;
  endpoint: ApiPath;
  columns: Column<Row>[];
  filters?: Filter[];
  /** What the address does not say: a range of time, whose rows. */
  query?: Query;
  rowId: (row: Row) => string;
  rowName: (row: Row) => string;
  canSearch?: boolean;
  searchHint?: string;
  bulk?: BulkAction<Row>[];
  liveSeconds?: number;
  /** Its columns draw the last day of each row, see `LastDay`. */
  lastDayBy?: "channel" | "token";
  empty: { title: string; help?: string; action?: ReactNode };
}
