import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { put } from "@/api/call";
import type { User } from "@/api/types";
import { ChangeRows } from "@/list/ChangeRows";
import { useGroups } from "@/session";
import { Field } from "@/ui/Field";
import { Select } from "@/ui/Select";

/** The group of several users. */
export function ChangeGroup({ rows, onClose }: { rows: User[]; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const groups = useGroups();
  const [group, setGroup] = useState("");
  return (
    <ChangeRows
      title={t("user.changeGroup", { count: rows.length })}
      rows={rows}
      rowName={(row) => row.username}
      write={(row) => put("/api/user/", { id: row.id, group })}
      back={(row) => put("/api/user/", { id: row.id, group: row.group })}
      said={(count) => t("user.groupOf", { count, group })}
      shown={() => client.invalidateQueries({ queryKey: ["list", "/api/user/"] })}
      isReady={group !== ""}
      onClose={onClose}
    >
      <Field label={t("user.group")}>
        <Select
          value={group}
          onChange={setGroup}
          choices={groups.map((one) => ({ value: one, label: one }))}
        />
      </Field>
    </ChangeRows>
  );
}
