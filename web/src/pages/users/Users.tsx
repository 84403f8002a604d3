import { Plus } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/call";
import { ROLE, type User } from "@/api/types";
import { useAddress } from "@/list/address";
import { List } from "@/list/List";
import type { ListSpec } from "@/list/types";
import { useGroups } from "@/session";
import { Button } from "@/ui/Button";
import { useUserColumns } from "./columns";

const UserDrawer = lazy(() => import("./UserDrawer").then((part) => ({ default: part.UserDrawer })));

const ChangeGroup = lazy(() => import("./ChangeGroup").then((part) => ({ default: part.ChangeGroup })));

export type Management = "disable" | "enable" | "delete" | "promote" | "demote";

export function manage(user: User, action: Management): Promise<unknown> {
  return post("/api/user/manage", { username: user.username, action });
}

/** Give a user back the state that they had. */
function restore(row: User): Promise<unknown> {
  return manage(row, row.status === 1 ? "enable" : "disable");
}

export function Page() {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const columns = useUserColumns();
  const groups = useGroups();
  const [moved, setMoved] = useState<User[]>();
  const spec = useMemo<ListSpec<User>>(
    () => ({
      name: "users",
      endpoint: "/api/user/",
      columns,
      rowId: (row) => String(row.id),
      rowName: (row) => row.username,
      canSearch: true,
      searchHint: t("user.search"),
      filters: [
        {
          id: "status",
          label: t("user.state"),
          choices: [
            { value: "1", label: t("user.enabled") },
            { value: "2", label: t("user.disabled") },
          ],
        },
        {
          id: "group",
          label: t("user.group"),
          choices: groups.map((group) => ({ value: group, label: group })),
        },
        {
          id: "role",
          label: t("user.role"),
          choices: ([ROLE.common, ROLE.admin, ROLE.root] as const).map((role) => ({
            value: String(role),
            label: t(`user.roles.${role}`),
          })),
        },
      ],
      bulk: [
        { label: t("action.enable"), run: (row) => manage(row, "enable"), undo: restore },
        { label: t("action.disable"), run: (row) => manage(row, "disable"), undo: restore },
        { label: t("user.group"), runAll: setMoved },
        {
          label: t("action.delete"),
          isDangerous: true,
          question: (count) => t("user.deleteMany", { count }),
          run: (row) => manage(row, "delete"),
        },
      ],
      empty: { title: t("user.empty") },
    }),
    [t, columns, groups],
  );
  return (
    <>
      <List
        spec={spec}
        tools={
          <Button look="primary" icon={<Plus aria-hidden />} onClick={() => change({ open: "new" })}>
            {t("user.add")}
          </Button>
        }
      />
      {search.open && (
        <Suspense>
          <UserDrawer key={search.open} id={search.open} onClose={() => change({ open: undefined })} />
        </Suspense>
      )}
      {moved && (
        <Suspense>
          <ChangeGroup rows={moved} onClose={() => setMoved(undefined)} />
        </Suspense>
      )}
    </>
  );
}
