import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ROLE, type User } from "@/api/types";
import { useIsRoot } from "@/session";
import { IconButton } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { Menu } from "@/ui/Menu";
import { say, sayError } from "@/ui/toasts";
import { type Management, manage } from "./Users";

/** What else can be done with a user: promote, disable, close. */
export function More({ row, changed, onGone }: { row: User; changed: () => void; onGone: () => void }) {
  const { t } = useTranslation();
  const isRoot = useIsRoot();
  const [asked, setAsked] = useState<"promote" | "delete">();
  const act = async (action: Management) => {
    setAsked(undefined);
    try {
      await manage(row, action);
      changed();
      if (action === "delete") {
        say("good", t("user.deleted", { name: row.username }));
        onGone();
      } else say("good", t("user.saved", { name: row.username }));
    } catch (error) {
      sayError(error);
    }
  };
  if (row.role >= ROLE.root) return null;
  const roles = !isRoot
    ? []
    : row.role >= ROLE.admin
      ? [{ label: t("user.demote"), onSelect: () => act("demote") }]
      : [{ label: t("user.promote"), onSelect: () => setAsked("promote") }];
  return (
    <span className="ml-auto">
      <Menu
        side="top"
        trigger={
          <IconButton label={t("shell.more")}>
            <Ellipsis aria-hidden />
          </IconButton>
        }
        groups={[
          {
            entries: [
              row.status === 1
                ? { label: t("action.disable"), onSelect: () => act("disable") }
                : { label: t("action.enable"), onSelect: () => act("enable") },
              ...roles,
            ],
          },
          { entries: [{ label: t("action.delete"), isDangerous: true, onSelect: () => setAsked("delete") }] },
        ]}
      />
      <Confirm
        isOpen={!!asked}
        title={asked === "promote" ? t("user.promote") : t("action.delete")}
        action={asked === "promote" ? t("user.promote") : t("action.delete")}
        isDangerous={asked === "delete"}
        onConfirm={() => asked && act(asked)}
        onCancel={() => setAsked(undefined)}
      >
        {asked === "promote" ? t("user.promoteQuestion") : t("user.deleteQuestion", { name: row.username })}
      </Confirm>
    </span>
  );
}
