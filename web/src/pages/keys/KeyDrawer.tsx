import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Copy, Plug } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get, post, put } from "@/api/call";
import type { ApiKey } from "@/api/types";
import { DeleteRow } from "@/form/DeleteRow";
import { Form } from "@/form/Form";
import type { FieldSpec, Values } from "@/form/types";
import { useDataForm } from "@/form/useDataForm";
import { nowSeconds } from "@/format/time";
import { Button } from "@/ui/Button";
import { Chip } from "@/ui/Chip";
import { copy } from "@/ui/copy";
import { Drawer, DrawerFoot } from "@/ui/Drawer";
import { SendKeys } from "@/ui/Kbd";
import { Loading } from "@/ui/Loading";
import { say } from "@/ui/toasts";
import { tail } from "./forms";
import { KeyState } from "./KeyState";
import { UseKey } from "./UseKey";

const NEW = {
  name: "",
  unlimited_quota: true,
  remain_quota: 500_000,
  expired_time: -1,
  models: "",
  subnet: "",
};
const DAY = 86_400;
const TERMS = { day: DAY, week: 7 * DAY, month: 30 * DAY, year: 365 * DAY };

interface KeyDrawerProps {
  id: string;
  onClose: () => void;
}

export function KeyDrawer({ id, onClose }: KeyDrawerProps) {
  const { t } = useTranslation();
  const isNew = id === "new";
  const known = useQuery({
    queryKey: ["key", id],
    enabled: !isNew,
    queryFn: () => get<ApiKey>(`/api/token/${id}`),
  });
  const row = known.data;
  const title = isNew ? t("key.add") : (row?.name ?? t("place.keys"));
  if (!isNew && !row) {
    return (
      <Drawer onClose={onClose} title={title}>
        <Loading error={known.error} retry={known.refetch} />
      </Drawer>
    );
  }
  return <KeyForm row={row} onClose={onClose} title={title} />;
}

function KeyForm({ row, title, onClose }: { row: ApiKey | undefined; title: string; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [using, setUsing] = useState<ApiKey>();
  const models = useQuery({
    queryKey: ["available-models"],
    queryFn: () => get<string[]>("/api/user/available_models"),
  });
  const changed = () => client.invalidateQueries({ queryKey: ["list", "/api/token/"] });
  const save = async (values: Values, changes: Values) => {
    const saved = row
      ? await put<ApiKey>("/api/token/", { ...changes, id: row.id })
      : await post<ApiKey>("/api/token/", values);
    changed();
    say("good", t("key.saved", { name: saved.name }));
    if (row) client.setQueryData(["key", String(row.id)], saved);
    else setUsing(saved);
  };
  const form = useDataForm(useFields(models.data ?? []), initial(row), save);
  const isUnlimited = !!form.form.watch("unlimited_quota");
  const fields = form.fields.filter((field) => field.name !== "remain_quota" || !isUnlimited);
  const dropped = () => {
    changed();
    form.release();
    onClose();
  };
  return (
    <Drawer
      onClose={onClose}
      focusesForm={!row}
      title={
        <>
          <span className="truncate">{title}</span>
          {row && (
            <span className="font-normal text-base text-muted">
              <KeyState row={row} />
            </span>
          )}
        </>
      }
      footer={
        <DrawerFoot>
          <Button look="primary" isBusy={form.isBusy} onClick={() => form.submit()}>
            {t("action.save")} <SendKeys />
          </Button>
          {row && (
            <>
              <Link
                to="/log"
                search={{ token_name: row.name } as never}
                className="px-2 text-muted hover:text-text"
              >
                {t("key.logs")}
              </Link>
              <DeleteRow
                path={`/api/token/${row.id}`}
                question={t("key.deleteQuestion", { name: row.name })}
                said={t("key.deleted", { name: row.name })}
                onDeleted={dropped}
              />
            </>
          )}
        </DrawerFoot>
      }
    >
      {row && (
        <div className="mb-4 flex items-center gap-2 rounded border border-line py-1.5 pr-1.5 pl-3">
          <span className="mono min-w-0 flex-1 truncate">{tail(row.key)}</span>
          <Button
            icon={<Copy aria-hidden />}
            onClick={() => copy(`sk-${row.key}`, t("key.copied", { name: row.name }))}
          >
            {t("action.copy")}
          </Button>
          <Button icon={<Plug aria-hidden />} onClick={() => setUsing(row)}>
            {t("key.copyAs")}
          </Button>
        </div>
      )}
      <Form of={{ ...form, fields }} />
      {using && (
        <UseKey
          row={using}
          onClose={() => {
            setUsing(undefined);
            if (!row) onClose();
          }}
        />
      )}
    </Drawer>
  );
}

function initial(row: ApiKey | undefined): Values {
  if (!row) return { ...NEW };
  const { name, unlimited_quota, remain_quota, expired_time, models, subnet } = row;
  return { name, unlimited_quota, remain_quota, expired_time, models: models ?? "", subnet: subnet ?? "" };
}

function useFields(models: string[]): FieldSpec[] {
  const { t } = useTranslation();
  return [
    { name: "name", kind: "text", label: t("key.name"), isRequired: true, maxLength: 30 },
    { name: "unlimited_quota", kind: "bool", label: t("key.unlimited") },
    {
      name: "remain_quota",
      kind: "money",
      label: t("key.limit"),
      help: t("key.limitHelp"),
      min: 0,
      isRequired: true,
    },
    {
      name: "expired_time",
      kind: "time",
      label: t("key.expires"),
      help: t("key.expiresHelp"),
      quick: <Terms />,
    },
    {
      name: "models",
      kind: "list",
      label: t("key.models"),
      help: t("key.modelsHelp"),
      suggestions: models,
      isMono: true,
      placeholder: t("key.all"),
    },
    { name: "subnet", kind: "list", label: t("key.networks"), help: t("key.networksHelp"), isMono: true },
  ];
}

function Terms({ onChange }: { onChange?: (value: number) => void }) {
  const { t } = useTranslation();
  return (
    <div className="mt-1.5 flex flex-wrap gap-1">
      <Chip onClick={() => onChange?.(-1)}>{t("key.in.never")}</Chip>
      {(Object.keys(TERMS) as (keyof typeof TERMS)[]).map((term) => (
        <Chip key={term} onClick={() => onChange?.(nowSeconds() + TERMS[term])}>
          {t(`key.in.${term}`)}
        </Chip>
      ))}
    </div>
  );
}
