import { useTranslation } from "react-i18next";
import { post } from "@/api/call";
import type { User } from "@/api/types";
import { Form } from "@/form/Form";
import type { FieldSpec, Values } from "@/form/types";
import { useDataForm } from "@/form/useDataForm";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { say } from "@/ui/toasts";

export function TopUp({ row, onClose, onDone }: { row: User; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  const fields: FieldSpec[] = [
    { name: "quota", kind: "money", label: t("user.topUpAmount"), isRequired: true, min: 1 },
    { name: "remark", kind: "text", label: t("user.remark"), help: t("user.remarkHelp"), maxLength: 191 },
  ];
  const save = async (values: Values) => {
    await post("/api/topup", { ...values, user_id: row.id });
    say("good", t("user.topUpDone", { name: row.username }));
  };
  const form = useDataForm(fields, { quota: "", remark: "" }, save, onDone);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`${t("user.topUp")} · ${row.username}`}
      footer={
        <Button look="primary" isBusy={form.isBusy} onClick={() => form.submit()}>
          {t("user.topUp")}
        </Button>
      }
    >
      <Form of={form} />
    </Dialog>
  );
}
