import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Deed } from "@/api/types";
import { exact } from "@/format/time";
import { useAddress } from "@/list/address";
import { List } from "@/list/List";
import type { ListSpec } from "@/list/types";
import { Time } from "@/ui/Time";
import { DeedDialog } from "./DeedDialog";
import { ACTIONS, AUDIT, KINDS, summary } from "./deed";
import { useWords } from "./words";

/** What administrators have changed. */
export function Page() {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const words = useWords();
  const spec = useMemo<ListSpec<Deed>>(
    () => ({
      name: "audit",
      endpoint: AUDIT,
      rowId: (row) => String(row.id),
      rowName: (row) => `#${row.id}`,
      canSearch: true,
      searchHint: t("audit.search"),
      filters: [
        {
          id: "kind",
          label: t("audit.kind"),
          choices: KINDS.map((value) => ({ value, label: t(`audit.kinds.${value}`) })),
        },
        {
          id: "action",
          label: t("audit.action"),
          choices: ACTIONS.map((value) => ({ value, label: t(`audit.actions.${value}`) })),
        },
        { id: "user_id", label: t("audit.userId") },
      ],
      columns: [
        {
          id: "at",
          label: t("audit.at"),
          width: 112,
          isOnPhone: true,
          cell: (row) => <Time at={row.at} />,
          text: (row) => exact(row.at),
        },
        {
          id: "by",
          label: t("audit.by"),
          width: 112,
          isOnPhone: true,
          cell: (row) => row.username,
          text: (row) => row.username,
        },
        {
          id: "what",
          label: t("audit.what"),
          width: 190,
          isMain: true,
          isOnPhone: true,
          cell: (row) =>
            t("audit.did", {
              kind: t(`audit.kinds.${row.kind as "channel"}`),
              action: t(`audit.actions.${row.action as "change"}`),
            }),
          text: (row) => `${row.kind} ${row.action}`,
        },
        {
          id: "subject",
          label: t("audit.subject"),
          width: 170,
          cell: (row) => words.subject(row),
          text: (row) => row.subject,
        },
        {
          id: "changes",
          label: t("audit.changes"),
          cell: (row) => <span className="text-muted">{summary(row, words)}</span>,
          text: (row) => summary(row, words),
        },
        {
          id: "address",
          label: t("audit.address"),
          width: 140,
          cell: (row) => row.address,
          text: (row) => row.address,
        },
      ],
      empty: { title: t("audit.empty"), help: t("audit.emptyHelp") },
    }),
    [t, words],
  );
  return (
    <>
      <List spec={spec} />
      {search.open && (
        <DeedDialog key={search.open} id={search.open} onClose={() => change({ open: undefined })} />
      )}
    </>
  );
}
