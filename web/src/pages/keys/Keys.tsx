import { Plus } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { put, remove } from "@/api/call";
import type { ApiKey } from "@/api/types";
import { useAddress } from "@/list/address";
import { List } from "@/list/List";
import type { ListSpec } from "@/list/types";
import { Button } from "@/ui/Button";
import { useKeyColumns } from "./columns";

const KeyDrawer = lazy(() => import("./KeyDrawer").then((part) => ({ default: part.KeyDrawer })));

const UseKey = lazy(() => import("./UseKey").then((part) => ({ default: part.UseKey })));

export const KEYS = "/api/token/";

const ENABLED = 1;
const DISABLED = 2;

function set(row: ApiKey, status: number): Promise<unknown> {
  return put(KEYS, { id: row.id, status }, { status_only: "true" });
}

/** Give a key back the state that it had; one that has expired or is exhausted becomes so again by being used. */
function restore(row: ApiKey): Promise<unknown> {
  return set(row, row.status === DISABLED ? DISABLED : ENABLED);
}

export function Page() {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const [using, setUsing] = useState<ApiKey>();
  const columns = useKeyColumns(setUsing);
  const add = () => change({ open: "new" });
  const spec = useMemo<ListSpec<ApiKey>>(
    () => ({
      name: "keys",
      endpoint: KEYS,
      columns,
      rowId: (row) => String(row.id),
      rowName: (row) => row.name,
      canSearch: true,
      lastDayBy: "token",
      filters: [
        {
          id: "status",
          label: t("key.state"),
          choices: [
            { value: "1", label: t("key.enabled") },
            { value: "2", label: t("key.disabled") },
            { value: "3", label: t("key.expired") },
            { value: "4", label: t("key.exhausted") },
          ],
        },
      ],
      bulk: [
        { label: t("action.enable"), run: (row) => set(row, ENABLED), undo: restore },
        { label: t("action.disable"), run: (row) => set(row, DISABLED), undo: restore },
        {
          label: t("action.delete"),
          isDangerous: true,
          question: (count) => t("key.deleteMany", { count }),
          run: (row) => remove(`/api/token/${row.id}`),
        },
      ],
      empty: {
        title: t("key.empty"),
        help: t("key.emptyHelp"),
        action: (
          <Button look="primary" onClick={() => change({ open: "new" })}>
            {t("key.add")}
          </Button>
        ),
      },
    }),
    [t, columns, change],
  );
  return (
    <>
      <List
        spec={spec}
        tools={
          <Button look="primary" icon={<Plus aria-hidden />} onClick={add}>
            {t("key.add")}
          </Button>
        }
      />
      {search.open && (
        <Suspense>
          <KeyDrawer key={search.open} id={search.open} onClose={() => change({ open: undefined })} />
        </Suspense>
      )}
      {using && (
        <Suspense>
          <UseKey row={using} onClose={() => setUsing(undefined)} />
        </Suspense>
      )}
    </>
  );
}
