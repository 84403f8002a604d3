import { useTranslation } from "react-i18next";
import { Field } from "@/ui/Field";
import { Input, TextArea } from "@/ui/Input";

export interface Chosen {
  system: string;
  temperature: number | undefined;
  maxTokens: number | undefined;
}

export const NOTHING_CHOSEN: Chosen = { system: "", temperature: undefined, maxTokens: undefined };

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
      <div className="grid grid-cols-2 gap-3">
        <Field label={t("play.temperature")}>
          <Input
            inputMode="decimal"
            defaultValue={chosen.temperature ?? ""}
            onValueChange={(text) => onChange({ ...chosen, temperature: number(text) })}
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
    </div>
  );
}
