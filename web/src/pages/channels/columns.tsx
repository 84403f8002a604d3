import i18next from "i18next";
import { FlaskConical, Shield } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { put } from "@/api/call";
import { providerName, useProviders } from "@/api/providers";
import type { Channel } from "@/api/types";
import { grouped } from "@/format/money";
import { clock, duration, exact, nowSeconds } from "@/format/time";
import { useAddress } from "@/list/address";
import { LAST_DAY, LastDay } from "@/list/recent";
import type { Column } from "@/list/types";
import { IconButton } from "@/ui/Button";
import { InlineNumber } from "@/ui/InlineNumber";
import { Money } from "@/ui/Money";
import { State } from "@/ui/State";
import { Tag } from "@/ui/Tag";
import { Time } from "@/ui/Time";
import { Handle } from "./Handle";

export function useVendorName(): (type: number) => string {
  const { t } = useTranslation();
  const providers = useProviders();
  return useCallback(
    (type) => providers.find((provider) => provider.type === type)?.name || t("channel.type", { type }),
    [providers, t],
  );
}

type Name = (type: number) => string;
const NOBODY: Name = () => "";

/** Names of vendors, which may come after the rows: only their cells are then drawn again. */
const VendorNames = createContext(NOBODY);

/** Around the list of channels: says what vendors are called as soon as that is known. */
export function WithVendorNames({ children }: { children: ReactNode }) {
  const name = useVendorName();
  const isKnown = useProviders().length > 0;
  return <VendorNames.Provider value={isKnown ? name : NOBODY}>{children}</VendorNames.Provider>;
}

function Vendor({ type }: { type: number }) {
  const name = useContext(VendorNames)(type);
  return (
    <span className="text-muted" title={name}>
      {name}
    </span>
  );
}

export function ChannelState({ row }: { row: Channel }) {
  const { t } = i18next;
  const now = nowSeconds();
  if (row.status === 1 && row.cooling_until > now) {
    return (
      <State tone="warn" title={row.cooling_models.join("\n")}>
        {t("channel.cooling", { until: clock(row.cooling_until, now).slice(0, 5) })}
      </State>
    );
  }
  if (row.status === 1) return <State tone="good">{t("channel.enabled")}</State>;
  if (row.status === 3) {
    return (
      <State tone="bad" title={row.disabled_evidence || t("channel.autoDisabled")}>
        {row.disabled_reason
          ? t(`channel.reasons.${row.disabled_reason as "slow"}`)
          : t("channel.autoDisabled")}
      </State>
    );
  }
  return <State tone="off">{t("channel.disabled")}</State>;
}

export function useChannelColumns(test: (channels: Channel[]) => void): Column<Channel>[] {
  const { t } = useTranslation();
  const isInOrder = useIsInOrder();
  return useMemo(
    () => [
      {
        id: "state",
        label: t("channel.state"),
        width: 136,
        sort: "status",
        isOnPhone: true,
        cell: (row) => <ChannelState row={row} />,
        text: (row) => row.status,
      },
      {
        id: "name",
        label: t("channel.name"),
        width: 130,
        sort: "name",
        isMain: true,
        isOnPhone: true,
        cell: (row) => (
          <>
            {row.name || `#${row.id}`}
            {row.guarded && (
              <Shield className="ml-1 inline size-3 text-muted" aria-label={t("channel.guarded")} role="img">
                <title>{t("channel.guardedHelp")}</title>
              </Shield>
            )}
          </>
        ),
        text: (row) => row.name,
      },
      {
        id: "vendor",
        label: t("channel.vendor"),
        width: 118,
        sort: "type",
        cell: (row) => <Vendor type={row.type} />,
        text: (row) => providerName(row.type),
      },
      {
        id: "models",
        label: t("channel.models"),
        cell: (row) => <Models names={row.models} />,
        text: (row) => row.models,
      },
      {
        id: "groups",
        label: t("channel.groups"),
        width: 148,
        cell: (row) => (
          <span className="flex gap-1" title={row.group}>
            {row.group.split(",").map((group) => (
              <Tag key={group}>{group}</Tag>
            ))}
          </span>
        ),
        text: (row) => row.group,
      },
      {
        id: LAST_DAY,
        label: t("list.lastDay"),
        width: 88,
        cell: (row) => <LastDay id={row.id} />,
        text: () => "",
      },
      number("priority", t("channel.priority"), 70, isInOrder),
      number("weight", t("channel.weight"), 62),
      {
        id: "first",
        label: t("channel.first"),
        width: 72,
        isEnd: true,
        isOnPhone: true,
        sort: "response_time",
        cell: (row) => <Response row={row} />,
        text: (row) => row.response_time,
      },
      {
        id: "used",
        label: t("channel.used"),
        width: 76,
        isEnd: true,
        sort: "used_quota",
        cell: (row) => <Money quota={row.used_quota} decimals={2} />,
        text: (row) => row.used_quota,
      },
      {
        id: "balance",
        label: t("channel.balance"),
        width: 80,
        isEnd: true,
        sort: "balance",
        cell: (row) =>
          row.balance_updated_time ? (
            <span title={exact(row.balance_updated_time)}>{grouped(row.balance, 2)}</span>
          ) : (
            <span className="text-muted">–</span>
          ),
        text: (row) => row.balance,
      },
      {
        id: "tested",
        label: t("channel.lastTest"),
        width: 104,
        sort: "test_time",
        isOptional: true,
        cell: (row) => <Time at={row.test_time} />,
        text: (row) => exact(row.test_time),
      },
      {
        id: "created",
        label: t("channel.created"),
        width: 104,
        sort: "created_time",
        isOptional: true,
        cell: (row) => <Time at={row.created_time} />,
        text: (row) => exact(row.created_time),
      },
      {
        id: "act",
        label: "",
        width: 42,
        cell: (row) => (
          <IconButton
            label={t("shell.pair", { name: t("channel.test"), value: row.name })}
            className="!size-6"
            onClick={() => test([row])}
          >
            <FlaskConical className="!size-3.5" aria-hidden />
          </IconButton>
        ),
        text: () => "",
      },
    ],
    [t, test, isInOrder],
  );
}

function number(
  name: "priority" | "weight",
  label: string,
  width: number,
  hasHandle = false,
): Column<Channel> {
  return {
    id: name,
    label,
    width,
    isEnd: true,
    sort: name,
    cell: (row) => (
      <span className="flex items-center">
        {hasHandle && <Handle row={row} />}
        <InlineNumber
          value={row[name] ?? 0}
          label={`${label}: ${row.name}`}
          save={(value) => put("/api/channel/", { id: row.id, [name]: value })}
          list="/api/channel/"
        />
      </span>
    ),
    text: (row) => row[name] ?? 0,
  };
}

/** Whether the list is in the order that handles change: from the highest priority, from its beginning, all of it. */
function useIsInOrder(): boolean {
  const [search] = useAddress();
  const { sort, order, open: _, ...others } = search;
  return sort === "priority" && order === "desc" && !Object.values(others).some(Boolean);
}

const MODELS_SHOWN = 20;

function Models({ names }: { names: string }) {
  const models = names.split(",").filter(Boolean);
  return (
    <span className="flex items-baseline gap-2 text-muted" title={models.join("\n")}>
      <span className="mono truncate">{models.slice(0, MODELS_SHOWN).join(", ")}</span>
      {models.length > 1 && <span className="shrink-0 tabular-nums">{models.length}</span>}
    </span>
  );
}

const SLOW_MS = 5000;

function Response({ row }: { row: Channel }) {
  if (!row.response_time) return <span className="text-muted">–</span>;
  return (
    <span
      className={row.response_time > SLOW_MS ? "text-warn" : undefined}
      title={row.test_time ? exact(row.test_time) : i18next.t("channel.notTested")}
    >
      {duration(row.response_time)}
    </span>
  );
}
