import { useState } from "react";
import { useTranslation } from "react-i18next";
import { begin } from "@/pages/jobs/job";
import { Button } from "@/ui/Button";
import { Choices } from "@/ui/Choices";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { Switch } from "@/ui/Switch";
import { sayError } from "@/ui/toasts";

const SCOPES = ["all", "failed", "disabled"] as const;

interface TestManyProps {
  /** Those that are selected; without any, a scope is asked for. */
  ids: number[];
  onBegun: (job: string) => void;
  onClose: () => void;
}

/** What is tested, and with which model, before a job begins. */
export function TestMany({ ids, onBegun, onClose }: TestManyProps) {
  const { t } = useTranslation();
  const [scope, setScope] = useState<(typeof SCOPES)[number]>("all");
  const [includesDisabled, setIncludesDisabled] = useState(false);
  const [model, setModel] = useState("");
  const [isBusy, setBusy] = useState(false);
  const start = async () => {
    setBusy(true);
    try {
      const job = await begin("test_channels", { ids, scope, includes_disabled: includesDisabled, model });
      onBegun(String(job.id));
    } catch (error) {
      sayError(error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={ids.length ? t("channel.testSelected", { count: ids.length }) : t("channel.testMany")}
      footer={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button look="primary" isBusy={isBusy} onClick={start}>
            {t("channel.test")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {!ids.length && (
          <Choices
            label={t("channel.testMany")}
            value={scope}
            onChange={setScope}
            choices={SCOPES.map((value) => ({ value, label: t(`channel.scopes.${value}`) }))}
          />
        )}
        {!ids.length && scope !== "disabled" && (
          <Field label={t("channel.includesDisabled")} help={t("channel.includesDisabledHelp")} isBeside>
            <Switch
              isOn={includesDisabled}
              label={t("channel.includesDisabled")}
              onChange={setIncludesDisabled}
            />
          </Field>
        )}
        <Field label={t("channel.testModel")} help={t("channel.testModelHelp")}>
          <Input isMono value={model} onValueChange={setModel} />
        </Field>
      </div>
    </Dialog>
  );
}
