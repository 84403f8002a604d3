import { Link } from "@tanstack/react-router";
import { Copy, Plus } from "lucide-react";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { put, remove } from "@/api/call";
import type { Code } from "@/api/types";
import { exact } from "@/format/time";
import { useAddress } from "@/list/address";
import { List } from "@/list/List";
import type { Column, ListSpec } from "@/list/types";
import { Button, IconButton } from "@/ui/Button";
import { copy } from "@/ui/copy";
import { Money } from "@/ui/Money";
import { State, type Tone } from "@/ui/State";
import { Time } from "@/ui/Time";

const CodeDrawer = lazy(() => import("./CodeDrawer").then((part) => ({ default: part.CodeDrawer })));

const STATES: Record<number, { tone: Tone; name: "unused" | "disabled" | "used" }> = {
  1: { tone: "good", name: "unused" },
  2: { tone: "off", name: "disabled" },
  3: { tone: "accent", name: "used" },
};

export function Page() {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const columns = useCodeColumns();
  const spec = useMemo<ListSpec<Code>>(() => {
    const set = (status: number) => (row: Code) =>
      put("/api/redemption/", { id: row.id, status }, { status_only: "true" });
    const undo = (row: Code) => set(row.status)(row);
    return {
      name: "codes",
      endpoint: "/api/redemption/",
      columns,
      rowId: (row) => String(row.id),
      rowName: (row) => row.name,
      canSearch: true,
      searchHint: t("code.search"),
      filters: [
        {
          id: "status",
          label: t("code.state"),
          choices: ["1", "2", "3"].map((value) => ({
            value,
            label: t(`code.${STATES[Number(value)]?.name ?? "unused"}`),
          })),
        },
        { id: "name", label: t("code.name") },
      ],
      bulk: [
        { label: t("action.enable"), run: set(1), undo },
        { label: t("action.disable"), run: set(2), undo },
        {
          label: t("action.copy"),
          icon: <Copy aria-hidden />,
          runAll: (rows) => copy(rows.map((row) => row.key).join("\n")),
        },
        {
          label: t("action.delete"),
          isDangerous: true,
          question: (count) => t("code.deleteMany", { count }),
          run: (row) => remove(`/api/redemption/${row.id}`),
        },
      ],
      empty: {
        title: t("code.empty"),
        help: t("code.emptyHelp"),
        action: (
          <Button look="primary" onClick={() => change({ open: "new" })}>
            {t("code.add")}
          </Button>
        ),
      },
    };
  }, [t, change, columns]);
  return (
    <>
      <List
        spec={spec}
        tools={
          <Button look="primary" icon={<Plus aria-hidden />} onClick={() => change({ open: "new" })}>
            {t("code.add")}
          </Button>
        }
      />
      {search.open && (
        <Suspense>
          <CodeDrawer key={search.open} id={search.open} onClose={() => change({ open: undefined })} />
        </Suspense>
      )}
    </>
  );
}

export function CodeState({ row }: { row: Code }) {
  const { t } = useTranslation();
  const state = STATES[row.status];
  return <State tone={state?.tone ?? "off"}>{t(`code.${state?.name ?? "disabled"}`)}</State>;
}

/** Who redeemed it: their account. */
function Redeemer({ name }: { name: string }) {
  if (!name) return <span className="text-muted">–</span>;
  return (
    <Link to="/user" search={{ q: name } as never} className="hover:underline">
      {name}
    </Link>
  );
}

function useCodeColumns(): Column<Code>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "state",
        label: t("code.state"),
        width: 100,
        sort: "status",
        isOnPhone: true,
        cell: (row) => <CodeState row={row} />,
        text: (row) => t(`code.${STATES[row.status]?.name ?? "disabled"}`),
      },
      {
        id: "name",
        label: t("code.name"),
        sort: "name",
        isMain: true,
        isOnPhone: true,
        cell: (row) => row.name,
        text: (row) => row.name,
      },
      {
        id: "code",
        label: t("code.code"),
        width: 300,
        cell: (row) => (
          <span className="flex items-center gap-1">
            <span className="mono truncate text-muted">{row.key}</span>
            <IconButton
              label={t("action.copy")}
              className="!size-6"
              onClick={() => copy(row.key, t("code.copied"))}
            >
              <Copy className="!size-3.5" aria-hidden />
            </IconButton>
          </span>
        ),
        text: (row) => row.key,
      },
      {
        id: "value",
        label: t("code.value"),
        width: 112,
        isEnd: true,
        isOnPhone: true,
        sort: "quota",
        cell: (row) => <Money quota={row.quota} decimals={2} />,
        text: (row) => row.quota,
      },
      {
        id: "created",
        label: t("code.created"),
        width: 120,
        sort: "created_time",
        cell: (row) => <Time at={row.created_time} />,
        text: (row) => exact(row.created_time),
      },
      {
        id: "redeemed",
        label: t("code.redeemed"),
        width: 120,
        sort: "redeemed_time",
        cell: (row) => <Time at={row.redeemed_time} />,
        text: (row) => (row.redeemed_time ? exact(row.redeemed_time) : ""),
      },
      {
        id: "by",
        label: t("code.redeemedBy"),
        width: 120,
        cell: (row) => <Redeemer name={row.redeemed_by} />,
        text: (row) => row.redeemed_by,
      },
    ],
    [t],
  );
}
