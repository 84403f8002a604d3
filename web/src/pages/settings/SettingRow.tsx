import { useTranslation } from "react-i18next";
import type { Setting } from "@/api/types";
import { classes } from "@/ui/class";
import { Field } from "@/ui/Field";
import { Input, TextArea } from "@/ui/Input";
import { Select } from "@/ui/Select";
import { Switch } from "@/ui/Switch";
import { TagsInput } from "@/ui/TagsInput";

interface SettingRowProps {
  setting: Setting;
  value: string;
  isChanged: boolean;
  error: string | undefined;
  onChange: (value: string) => void;
}

const TALL = new Set(["json", "long_text", "list"]);
const DEFAULT_SHOWN = 60;

/** A setting: what it is and does at the left, its value at the right, or beneath where it is long. */
export function SettingRow({ setting, value, isChanged, error, onChange }: SettingRowProps) {
  const { t } = useTranslation();
  const isTall = TALL.has(setting.kind);
  const hasDefault =
    setting.default !== "" && setting.kind !== "bool" && setting.default.length < DEFAULT_SHOWN;
  const help = [setting.help, hasDefault && t("settings.default", { value: setting.default })]
    .filter(Boolean)
    .join(" ");
  return (
    <div
      id={`setting-${setting.key}`}
      className={classes("border-line border-b py-3", isChanged && "shadow-[inset_2px_0_var(--accent)] pl-3")}
    >
      <Field label={setting.label} help={help} error={error} isBeside={!isTall}>
        <Value setting={setting} value={value} onChange={onChange} />
      </Field>
    </div>
  );
}

interface ValueProps {
  setting: Setting;
  value: string;
  onChange: (value: string) => void;
}

function Value({ setting, value, onChange }: ValueProps) {
  const { t } = useTranslation();
  switch (setting.kind) {
    case "bool":
      return <Switch isOn={value === "true"} onChange={(isOn) => onChange(String(isOn))} />;
    case "json":
      return <TextArea isMono rows={6} spellCheck={false} value={pretty(value)} onValueChange={onChange} />;
    case "long_text":
      return <TextArea rows={4} value={value} onValueChange={onChange} />;
    case "list":
      return (
        <TagsInput
          values={value.split(",").filter(Boolean)}
          onChange={(values) => onChange(values.join(","))}
        />
      );
    case "choice":
      return (
        <Select
          value={value}
          onChange={onChange}
          choices={setting.choices.map((choice) => ({ value: choice, label: choice }))}
        />
      );
    case "secret":
      return (
        <Input
          type="password"
          autoComplete="new-password"
          value={value}
          onValueChange={onChange}
          placeholder={setting.is_set ? t("settings.secretSet") : ""}
        />
      );
    case "int":
    case "number":
      return <Input inputMode="decimal" value={value} onValueChange={onChange} />;
    default:
      return <Input isMono={setting.kind === "url"} value={value} onValueChange={onChange} />;
  }
}

/** JSON with line breaks as long as nobody has typed: one line of two thousand characters cannot be read. */
function pretty(text: string): string {
  if (text.includes("\n") || text.length < DEFAULT_SHOWN) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
