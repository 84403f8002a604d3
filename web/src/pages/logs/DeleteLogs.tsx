import { useState } from "react";
import { useTranslation } from "react-i18next";
import { forField, fromField, nowSeconds, startOfDay } from "@/format/time";
import { begin } from "@/pages/jobs/job";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { sayError } from "@/ui/toasts";

const DAYS = 90;

/** Deleting what is older than a date, as a job. */
export function DeleteLogs({ onBegun, onClose }: { onBegun: (job: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const [before, setBefore] = useState(forField(startOfDay(nowSeconds(), DAYS)));
  const [isBusy, setBusy] = useState(false);
  const seconds = fromField(before);
  const start = async () => {
    if (seconds === undefined) return;
    setBusy(true);
    try {
      onBegun(String((await begin("delete_logs", { before: seconds })).id));
    } catch (error) {
      sayError(error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("job.kinds.delete_logs")}
      footer={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button look="danger" isBusy={isBusy} disabled={seconds === undefined} onClick={start}>
            {t("action.delete")}
          </Button>
        </>
      }
    >
      <Field label={t("log.before")} help={t("log.beforeHelp")}>
        <Input type="datetime-local" value={before} onValueChange={setBefore} />
      </Field>
    </Dialog>
  );
}
