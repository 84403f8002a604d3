import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy, Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get, post, put } from "@/api/call";
import type { Code } from "@/api/types";
import { DeleteRow } from "@/form/DeleteRow";
import { Form } from "@/form/Form";
import type { FieldSpec, Values } from "@/form/types";
import { useDataForm } from "@/form/useDataForm";
import { download } from "@/list/everything";
import { Button } from "@/ui/Button";
import { Code as CodeBlock } from "@/ui/Code";
import { copy } from "@/ui/copy";
import { Dialog } from "@/ui/Dialog";
import { Drawer, DrawerFoot } from "@/ui/Drawer";
import { SendKeys } from "@/ui/Kbd";
import { Loading } from "@/ui/Loading";
import { say } from "@/ui/toasts";
import { CodeState } from "./Codes";

const BATCH_MAX = 100;
const NEW = { name: "", quota: 500_000, count: 1 };

export function CodeDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const isNew = id === "new";
  const known = useQuery({
    queryKey: ["code", id],
    enabled: !isNew,
    queryFn: () => get<Code>(`/api/redemption/${id}`),
  });
  if (!isNew && !known.data) {
    return (
      <Drawer onClose={onClose} title={t("place.codes")}>
        <Loading error={known.error} retry={known.refetch} />
      </Drawer>
    );
  }
  return <CodeForm row={known.data} onClose={onClose} />;
}

function CodeForm({ row, onClose }: { row: Code | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [made, setMade] = useState<{ name: string; codes: string[] }>();
  const changed = () => client.invalidateQueries({ queryKey: ["list", "/api/redemption/"] });
  const fields: FieldSpec[] = [
    { name: "name", kind: "text", label: t("code.name"), isRequired: true, maxLength: 20 },
    { name: "quota", kind: "money", label: t("code.value"), isRequired: true, min: 1, width: "half" },
    ...(row
      ? []
      : [
          {
            name: "count",
            kind: "int" as const,
            label: t("code.batch"),
            isRequired: true,
            min: 1,
            max: BATCH_MAX,
            width: "half" as const,
          },
        ]),
  ];
  const save = async (values: Values) => {
    if (row) {
      await put("/api/redemption/", { id: row.id, name: values.name, quota: values.quota });
      say("good", t("code.saved", { name: String(values.name) }));
    } else {
      setMade({ name: String(values.name), codes: await post<string[]>("/api/redemption/", values) });
    }
    changed();
  };
  const form = useDataForm(fields, row ? { name: row.name, quota: row.quota } : { ...NEW }, save);
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
        row ? (
          <>
            <span className="truncate">{row.name}</span>
            <span className="font-normal text-base text-muted">
              <CodeState row={row} />
            </span>
          </>
        ) : (
          t("code.add")
        )
      }
      footer={
        <DrawerFoot>
          <Button look="primary" isBusy={form.isBusy} onClick={() => form.submit()}>
            {row ? t("action.save") : t("code.add")} <SendKeys />
          </Button>
          {row && (
            <DeleteRow
              path={`/api/redemption/${row.id}`}
              question={t("code.deleteQuestion", { name: row.name })}
              said={t("code.deleted", { name: row.name })}
              onDeleted={dropped}
            />
          )}
        </DrawerFoot>
      }
    >
      {row && (
        <div className="mb-4">
          <CodeBlock text={row.key} />
        </div>
      )}
      <Form of={form} />
      {made && <Made name={made.name} codes={made.codes} onClose={onClose} />}
    </Drawer>
  );
}

/** The batch that was just made, to be handed out. */
function Made({ name, codes, onClose }: { name: string; codes: string[]; onClose: () => void }) {
  const { t } = useTranslation();
  const text = codes.join("\n");
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("code.made", { count: codes.length })}
      footer={
        <>
          <Button
            icon={<Download aria-hidden />}
            onClick={() => download(`${name}.txt`, `${text}\n`, "text/plain")}
          >
            {t("code.download")}
          </Button>
          <Button look="primary" icon={<Copy aria-hidden />} onClick={() => copy(text)}>
            {t("action.copy")}
          </Button>
        </>
      }
    >
      <p className="mb-3 text-muted">{t("code.madeHelp")}</p>
      <CodeBlock text={text} />
    </Dialog>
  );
}
