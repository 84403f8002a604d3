import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { put } from "@/api/call";
import type { Channel } from "@/api/types";
import { wrong } from "@/form/check";
import { numberTyped } from "@/form/typed";
import type { FieldSpec } from "@/form/types";
import { ChangeRows } from "@/list/ChangeRows";
import { useGroups } from "@/session";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { TagsInput } from "@/ui/TagsInput";
import { CHANNELS } from "./Channels";
import { WEIGHT_MAX } from "./fields";

type Changes = Partial<Pick<Channel, "priority" | "weight" | "group">>;

/** Priority, weight and groups of several channels; what is left empty stays as it is in each. */
export function ChangeMany({ rows, onClose }: { rows: Channel[]; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const groups = useGroups();
  const [priority, setPriority] = useState("");
  const [weight, setWeight] = useState("");
  const [group, setGroup] = useState<string[]>([]);
  const fault = (field: Partial<FieldSpec>, typed: string) =>
    wrong({ name: "", label: "", kind: "int", ...field }, numberTyped(typed));
  const wrongPriority = fault({}, priority);
  const wrongWeight = fault({ min: 0, max: WEIGHT_MAX }, weight);
  const changes: Changes = {
    ...(priority.trim() && { priority: Number(numberTyped(priority)) }),
    ...(weight.trim() && { weight: Number(numberTyped(weight)) }),
    ...(group.length > 0 && { group: group.join(",") }),
  };
  const before = (row: Channel) =>
    Object.fromEntries(Object.keys(changes).map((name) => [name, row[name as "weight"]]));
  const isReady = Object.keys(changes).length > 0 && !wrongPriority && !wrongWeight;
  return (
    <ChangeRows
      title={t("channel.changeMany", { count: rows.length })}
      rows={rows}
      rowName={(row) => row.name}
      write={(row) => put(CHANNELS, { id: row.id, ...changes })}
      back={(row) => put(CHANNELS, { id: row.id, ...before(row) })}
      said={(count) => t("channel.changedMany", { count })}
      shown={() => client.invalidateQueries({ queryKey: ["list", CHANNELS] })}
      isReady={isReady}
      onClose={onClose}
    >
      <div className="flex flex-col gap-4">
        <p className="text-muted">{t("channel.changeManyHelp")}</p>
        <Field label={t("channel.priority")} help={t("channel.priorityHelp")} error={wrongPriority}>
          <Input inputMode="numeric" value={priority} onValueChange={setPriority} />
        </Field>
        <Field label={t("channel.weight")} error={wrongWeight}>
          <Input inputMode="numeric" value={weight} onValueChange={setWeight} />
        </Field>
        <Field label={t("channel.groups")} help={t("channel.groupsHelp")}>
          <TagsInput values={group} onChange={setGroup} suggestions={groups} />
        </Field>
      </div>
    </ChangeRows>
  );
}
