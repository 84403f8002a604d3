import { useTranslation } from "react-i18next";
import { Field } from "@/ui/Field";
import { Input, TextArea } from "@/ui/Input";
import { fieldsOf } from "./typed";

export interface Chosen {
  system: string;
  temperature: number | undefined;
  topP: number | undefined;
  maxTokens: number | undefined;
  /** Further fields, as they were typed. */
  others: string;
}

export const NOTHING_CHOSEN: Chosen = {
  system: "",
  temperature: undefined,
  topP: undefined,
  maxTokens: undefined,
  others: "",
};

const number = (text: string) =>
  text.trim() === "" || !Number.isFinite(Number(text)) ? undefined : Number(text);

export function Parameters({ chosen, onChange }: { chosen: Chosen; onChange: (chosen: Chosen) => void }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-3 p-2">
      <Field label={t("play.system")}>
        <TextArea
          rows={4}
          value={chosen.system}
          onValueChange={(system) => onChange({ ...chosen, system })}
        />
      </Field>
      <div className="grid grid-cols-3 gap-3">
        <Field label={t("play.temperature")}>
          <Input
            inputMode="decimal"
            defaultValue={chosen.temperature ?? ""}
            onValueChange={(text) => onChange({ ...chosen, temperature: number(text) })}
          />
        </Field>
        <Field label={t("play.topP")}>
          <Input
            inputMode="decimal"
            defaultValue={chosen.topP ?? ""}
            onValueChange={(text) => onChange({ ...chosen, topP: number(text) })}
          />
        </Field>
        <Field label={t("play.maxTokens")}>
          <Input
            inputMode="numeric"
            defaultValue={chosen.maxTokens ?? ""}
            onValueChange={(text) => onChange({ ...chosen, maxTokens: number(text) })}
          />
        </Field>
      </div>
      <Field
        label={t("play.others")}
        help={t("play.othersHelp")}
        error={fieldsOf(chosen.others) ? undefined : t("play.noObject")}
      >
        <TextArea
          isMono
          rows={2}
          spellCheck={false}
          value={chosen.others}
          onValueChange={(others) => onChange({ ...chosen, others })}
        />
      </Field>
    </div>
  );
}
