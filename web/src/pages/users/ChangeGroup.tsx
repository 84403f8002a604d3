import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { put } from "@/api/call";
import type { User } from "@/api/types";
import { changeAll } from "@/list/overAll";
import { useGroups } from "@/session";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Progress } from "@/ui/Progress";
import { Select } from "@/ui/Select";

/** The group of several users. */
export function ChangeGroup({ rows, onClose }: { rows: User[]; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const groups = useGroups();
  const [group, setGroup] = useState("");
  const [done, setDone] = useState<number>();
  const save = async () => {
    setDone(0);
    await changeAll({
      rows,
      rowName: (row) => row.username,
      write: (row) => put("/api/user/", { id: row.id, group }),
      back: (row) => put("/api/user/", { id: row.id, group: row.group }),
      said: (count) => t("user.groupOf", { count, group }),
      shown: () => client.invalidateQueries({ queryKey: ["list", "/api/user/"] }),
      told: setDone,
    });
    onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("user.changeGroup", { count: rows.length })}
      footer={
        <>
          {done !== undefined && (
            <Progress share={done / rows.length} label={t("bulk.progress", { done, all: rows.length })} />
          )}
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button look="primary" isBusy={done !== undefined} disabled={!group} onClick={save}>
            {t("action.save")}
          </Button>
        </>
      }
    >
      <Field label={t("user.group")}>
        <Select
          value={group}
          onChange={setGroup}
          choices={groups.map((one) => ({ value: one, label: one }))}
        />
      </Field>
    </Dialog>
  );
}
