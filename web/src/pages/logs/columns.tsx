import i18next from "i18next";
import { createContext, type ReactNode, useContext, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { knownChannelNames, NO_NAMES, useChannelNames } from "@/api/channelNames";
import type { LogRow } from "@/api/types";
import { grouped, percent } from "@/format/money";
import { clock, duration, exact, nowSeconds } from "@/format/time";
import type { Column } from "@/list/types";
import { useIsAdmin } from "@/session";
import { Money } from "@/ui/Money";
import { State } from "@/ui/State";
import { cachedShare, firstTokenMs, movedOn, testOf } from "./detail";

export const TYPES = ["1", "2", "3", "4", "5", "6"] as const;
export const CONSUME = 2;
export const FAILED = 6;

/** A row's name in the address: its request's, else its own number. */
export function logId(row: LogRow): string {
  return row.request_id || (row.id ? `id-${row.id}` : `at-${row.created_at}-${row.type}`);
}

/** Names of channels, which may come after the rows: only their cells are then drawn again. */
const ChannelNames = createContext(NO_NAMES);

/** Around the list of logs: says what channels are called as soon as that is known. */
export function WithChannelNames({ children }: { children: ReactNode }) {
  return <ChannelNames.Provider value={useChannelNames()}>{children}</ChannelNames.Provider>;
}

function nameIn(names: ReadonlyMap<number, string>, { channel }: LogRow): string {
  return channel ? (names.get(channel) ?? i18next.t("log.channelNumber", { id: channel })) : "";
}

export function useLogColumns(): Column<LogRow>[] {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  return useMemo(() => {
    const columns: Column<LogRow>[] = [
      {
        id: "time",
        label: t("log.time"),
        width: 96,
        isMain: true,
        isOnPhone: true,
        cell: (row) => (
          <span className="font-normal text-muted" title={exact(row.created_at)}>
            {clock(row.created_at, nowSeconds())}
          </span>
        ),
        text: (row) => exact(row.created_at),
      },
      {
        id: "type",
        label: t("log.type"),
        width: 76,
        isOptional: true,
        cell: (row) => <Kind type={row.type} />,
        text: (row) => row.type,
      },
      ...(isAdmin
        ? [
            {
              id: "user",
              label: t("log.user"),
              width: 108,
              cell: (row: LogRow) => row.username || <Kind type={row.type} />,
              text: (row: LogRow) => row.username ?? "",
            },
          ]
        : []),
      {
        id: "key",
        label: t("log.key"),
        width: 112,
        cell: (row) => <span className="text-muted">{row.token_name}</span>,
        text: (row) => row.token_name,
      },
      {
        id: "model",
        label: t("log.model"),
        isOnPhone: true,
        cell: (row) =>
          row.type === CONSUME || row.type === FAILED || row.model_name ? (
            <span className="mono">{row.model_name}</span>
          ) : (
            <span className="text-muted" title={row.content}>
              {row.content}
            </span>
          ),
        text: (row) => row.model_name,
      },
      ...(isAdmin
        ? [
            {
              id: "channel",
              label: t("log.channel"),
              cell: (row: LogRow) => <Served row={row} />,
              text: (row: LogRow) => nameIn(knownChannelNames(), row),
            },
          ]
        : []),
      numberColumn("input", t("log.input"), 84, (row) => row.prompt_tokens),
      {
        id: "cached",
        label: t("log.cached"),
        width: 68,
        isEnd: true,
        cell: (row) => {
          const share = cachedShare(row);
          return <span className="text-muted">{share === undefined ? "–" : percent(share)}</span>;
        },
        text: (row) => cachedShare(row) ?? "",
      },
      numberColumn("output", t("log.output"), 72, (row) => row.completion_tokens),
      ...(isAdmin
        ? [
            {
              id: "firstToken",
              label: t("log.firstToken"),
              width: 84,
              isEnd: true,
              cell: (row: LogRow) => {
                const first = firstTokenMs(row);
                return <span className="text-muted">{first ? duration(first) : "–"}</span>;
              },
              text: (row: LogRow) => firstTokenMs(row) ?? "",
            },
          ]
        : []),
      {
        id: "duration",
        label: t("log.duration"),
        width: 76,
        isEnd: true,
        cell: (row) => (
          <span className="text-muted">{row.elapsed_time ? duration(row.elapsed_time) : "–"}</span>
        ),
        text: (row) => row.elapsed_time,
      },
      {
        id: "charge",
        label: t("log.charge"),
        width: 100,
        isEnd: true,
        isOnPhone: true,
        cell: (row) =>
          row.quota ? (
            <Money quota={row.quota} decimals={6} />
          ) : hasFailed(row) ? (
            <span className="text-bad">{t("log.types.6")}</span>
          ) : (
            <span className="text-muted">–</span>
          ),
        text: (row) => row.quota,
      },
      {
        id: "request",
        label: t("log.requestId"),
        width: 260,
        isOptional: true,
        cell: (row) => <span className="mono text-muted">{row.request_id}</span>,
        text: (row) => row.request_id,
      },
      {
        id: "content",
        label: t("log.detail"),
        width: 240,
        isOptional: true,
        cell: (row) => <span title={row.content}>{row.content}</span>,
        text: (row) => row.content,
      },
    ];
    return columns;
  }, [t, isAdmin]);
}

function numberColumn(
  id: string,
  label: string,
  width: number,
  value: (row: LogRow) => number,
): Column<LogRow> {
  return {
    id,
    label,
    width,
    isEnd: true,
    cell: (row) => (value(row) ? grouped(value(row)) : <span className="text-muted">–</span>),
    text: value,
  };
}

function hasFailed(row: LogRow): boolean {
  return row.type === FAILED || testOf(row)?.isPassed === false;
}

function Kind({ type }: { type: number }) {
  const name = TYPES.find((one) => one === String(type));
  return <span className="text-muted">{name ? i18next.t(`log.types.${name}`) : type}</span>;
}

function Served({ row }: { row: LogRow }) {
  const { t } = i18next;
  const name = nameIn(useContext(ChannelNames), row);
  const attempts = movedOn(row);
  if (row.type === FAILED) return <State tone="bad">{name || t("log.noChannel")}</State>;
  const test = testOf(row);
  if (test) {
    return (
      <State tone={test.isPassed ? "good" : "bad"} title={test.said}>
        {name}
      </State>
    );
  }
  if (!attempts) return <span className="text-muted">{name}</span>;
  return (
    <State tone="warn" title={t("log.moved", { count: attempts })}>
      {name} <span className="text-muted">{t("log.movedShort", { count: attempts })}</span>
    </State>
  );
}
