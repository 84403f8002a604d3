import i18next from "i18next";
import { Copy, Plug } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ApiKey } from "@/api/types";
import { percent } from "@/format/money";
import { exact } from "@/format/time";
import { LAST_DAY, LastDay } from "@/list/recent";
import type { Column } from "@/list/types";
import { IconButton } from "@/ui/Button";
import { copy } from "@/ui/copy";
import { Meter } from "@/ui/Meter";
import { Money } from "@/ui/Money";
import { Tag } from "@/ui/Tag";
import { Time } from "@/ui/Time";
import { tail } from "./forms";
import { KeyState, keyState } from "./KeyState";

export function useKeyColumns(use: (row: ApiKey) => void): Column<ApiKey>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "state",
        label: t("key.state"),
        width: 98,
        sort: "status",
        isOnPhone: true,
        cell: (row) => <KeyState row={row} />,
        text: (row) => t(`key.${keyState(row).name}`),
      },
      {
        id: "name",
        label: t("key.name"),
        sort: "name",
        isMain: true,
        isOnPhone: true,
        cell: (row) => row.name,
        text: (row) => row.name,
      },
      {
        id: "key",
        label: t("key.field"),
        width: 136,
        isOnPhone: true,
        cell: (row) => (
          <span className="flex items-center">
            <span className="mono mr-1 text-muted">{tail(row.key)}</span>
            <IconButton
              label={t("key.copy")}
              className="!size-6 [&_svg]:!size-3.5"
              onClick={() => copy(`sk-${row.key}`, t("key.copied", { name: row.name }))}
            >
              <Copy aria-hidden />
            </IconButton>
            <IconButton
              label={`${t("key.copyAs")}: ${row.name}`}
              className="!size-6 [&_svg]:!size-3.5"
              onClick={() => use(row)}
            >
              <Plug aria-hidden />
            </IconButton>
          </span>
        ),
        text: (row) => tail(row.key),
      },
      {
        id: LAST_DAY,
        label: t("list.lastDay"),
        width: 90,
        cell: (row) => <LastDay id={row.id} />,
        text: () => "",
      },
      {
        id: "used",
        label: t("key.used"),
        width: 84,
        isEnd: true,
        sort: "used_quota",
        cell: (row) => <Money quota={row.used_quota} />,
        text: (row) => row.used_quota,
      },
      {
        id: "remaining",
        label: t("key.remaining"),
        width: 92,
        isEnd: true,
        sort: "remain_quota",
        cell: (row) =>
          row.unlimited_quota ? (
            <span className="text-muted">{t("money.unlimited")}</span>
          ) : (
            <Money quota={row.remain_quota} />
          ),
        text: (row) => (row.unlimited_quota ? t("money.unlimited") : row.remain_quota),
      },
      {
        id: "share",
        label: "",
        width: 64,
        cell: (row) => <UsedShare row={row} />,
        text: (row) => (row.unlimited_quota ? "" : usedShare(row)),
      },
      {
        id: "models",
        label: t("key.models"),
        cell: (row) => <Names text={row.models} none={t("key.all")} />,
        text: (row) => row.models ?? "",
      },
      {
        id: "networks",
        label: t("key.networks"),
        width: 108,
        cell: (row) => <Names text={row.subnet} none={t("key.anywhere")} />,
        text: (row) => row.subnet ?? "",
      },
      {
        id: "expires",
        label: t("key.expires"),
        width: 100,
        sort: "expired_time",
        cell: (row) => <Time at={row.expired_time} never={t("key.endless")} />,
        text: (row) => (row.expired_time > 0 ? exact(row.expired_time) : ""),
      },
      {
        id: "accessed",
        label: t("key.lastUsed"),
        width: 100,
        sort: "accessed_time",
        cell: (row) => (
          <Time at={row.accessed_time > row.created_time ? row.accessed_time : 0} never={t("key.never")} />
        ),
        text: (row) => exact(row.accessed_time),
      },
      {
        id: "created",
        label: t("key.created"),
        width: 112,
        sort: "created_time",
        isOptional: true,
        cell: (row) => <Time at={row.created_time} />,
        text: (row) => exact(row.created_time),
      },
    ],
    [t, use],
  );
}

function usedShare(row: ApiKey): number {
  const all = row.used_quota + Math.max(0, row.remain_quota);
  return all > 0 ? row.used_quota / all : 0;
}

function UsedShare({ row }: { row: ApiKey }) {
  if (row.unlimited_quota) return null;
  const share = usedShare(row);
  return (
    <Meter
      share={share}
      tone={share >= 0.95 ? "bad" : share >= 0.8 ? "warn" : "accent"}
      label={i18next.t("key.usedShare", { share: percent(share) })}
    />
  );
}

function Names({ text, none }: { text: string | null; none: string }) {
  const names = (text ?? "").split(",").filter(Boolean);
  if (!names.length) return <span className="text-muted">{none}</span>;
  return (
    <span className="flex items-center gap-1" title={names.join(", ")}>
      <span className="flex min-w-0">
        <Tag isMono>{names[0]}</Tag>
      </span>
      {names.length > 1 && <span className="shrink-0 text-muted">+{names.length - 1}</span>}
    </span>
  );
}
