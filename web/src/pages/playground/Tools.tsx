import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { TextArea } from "@/ui/Input";
import { EXAMPLE_TOOLS, toolsOf } from "./typed";

interface ToolsProps {
  text: string;
  onChange: (text: string) => void;
  onClose: () => void;
}

/** The functions that a model may ask for, as the request sends them. */
export function Tools({ text, onChange, onClose }: ToolsProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(text);
  const tools = toolsOf(typed);
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title={t("play.tools")}
      footer={
        <>
          <Button onClick={() => setTyped(EXAMPLE_TOOLS)}>{t("play.exampleTools")}</Button>
          <Button
            look="primary"
            disabled={!tools}
            onClick={() => {
              onChange(typed);
              onClose();
            }}
          >
            {t("action.apply")}
          </Button>
        </>
      }
    >
      <Field
        label={t("play.toolsLabel")}
        help={t("play.toolsHelp")}
        error={tools ? undefined : t("play.noTools")}
      >
        <TextArea isMono rows={14} spellCheck={false} value={typed} onValueChange={setTyped} />
      </Field>
    </Dialog>
  );
}
