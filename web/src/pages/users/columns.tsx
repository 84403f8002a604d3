import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { ROLE, type User } from "@/api/types";
import { grouped } from "@/format/money";
import type { Column } from "@/list/types";
import { Money } from "@/ui/Money";
import { State } from "@/ui/State";
import { Tag } from "@/ui/Tag";

export function UserState({ row }: { row: User }) {
  const { t } = useTranslation();
  return row.status === 1 ? (
    <State tone="good">{t("user.enabled")}</State>
  ) : (
    <State tone="off">{t("user.disabled")}</State>
  );
}

export function Role({ role }: { role: number }) {
  const { t } = useTranslation();
  if (role >= ROLE.root) return <span className="font-medium">{t("user.roles.100")}</span>;
  if (role >= ROLE.admin) return <span className="font-medium">{t("user.roles.10")}</span>;
  return <span className="text-muted">{t("user.roles.1")}</span>;
}

export function useUserColumns(): Column<User>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: "state",
        label: t("user.state"),
        width: 92,
        sort: "status",
        isOnPhone: true,
        cell: (row) => <UserState row={row} />,
        text: (row) => row.status,
      },
      {
        id: "name",
        label: t("user.username"),
        width: 150,
        sort: "username",
        isMain: true,
        isOnPhone: true,
        cell: (row) => row.username,
        text: (row) => row.username,
      },
      {
        id: "display",
        label: t("user.displayName"),
        width: 150,
        cell: (row) => row.display_name,
        text: (row) => row.display_name,
      },
      {
        id: "email",
        label: t("user.email"),
        cell: (row) => <span className="text-muted">{row.email || "–"}</span>,
        text: (row) => row.email,
      },
      {
        id: "role",
        label: t("user.role"),
        width: 104,
        sort: "role",
        cell: (row) => <Role role={row.role} />,
        text: (row) => row.role,
      },
      {
        id: "group",
        label: t("user.group"),
        width: 92,
        sort: "group",
        cell: (row) => <Tag>{row.group}</Tag>,
        text: (row) => row.group,
      },
      {
        id: "balance",
        label: t("user.balance"),
        width: 108,
        isEnd: true,
        isOnPhone: true,
        sort: "quota",
        cell: (row) => (
          <span className={row.quota <= 0 ? "text-bad" : undefined}>
            <Money quota={row.quota} decimals={2} />
          </span>
        ),
        text: (row) => row.quota,
      },
      {
        id: "used",
        label: t("user.used"),
        width: 108,
        isEnd: true,
        sort: "used_quota",
        cell: (row) => <Money quota={row.used_quota} decimals={2} />,
        text: (row) => row.used_quota,
      },
      {
        id: "requests",
        label: t("user.requests"),
        width: 92,
        isEnd: true,
        sort: "request_count",
        cell: (row) => grouped(row.request_count),
        text: (row) => row.request_count,
      },
      {
        id: "inviter",
        label: t("user.invitedBy"),
        width: 84,
        isEnd: true,
        isOptional: true,
        cell: (row) => (row.inviter_id ? `#${row.inviter_id}` : "–"),
        text: (row) => row.inviter_id,
      },
      {
        id: "id",
        label: "#",
        width: 64,
        isEnd: true,
        sort: "id",
        cell: (row) => <span className="text-muted">{row.id}</span>,
        text: (row) => row.id,
      },
    ],
    [t],
  );
}
