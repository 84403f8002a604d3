import { useTranslation } from "react-i18next";
import type { Setting } from "@/api/types";
import { classes } from "@/ui/class";
import { Field } from "@/ui/Field";
import { Input, TextArea } from "@/ui/Input";
import { Select } from "@/ui/Select";
import { Switch } from "@/ui/Switch";
import { TagsInput } from "@/ui/TagsInput";
import { Time } from "@/ui/Time";

interface SettingRowProps {
  setting: Setting;
  help: string;
  value: string;
  isChanged: boolean;
  error: string | undefined;
  onChange: (value: string) => void;
}

const TALL = new Set(["json", "long_text", "list"]);
const DEFAULT_SHOWN = 60;

/** A setting: what it is and does at the left, its value at the right, or beneath where it is long. */
export function SettingRow({ setting, help, value, isChanged, error, onChange }: SettingRowProps) {
  const { t } = useTranslation();
  const isTall = TALL.has(setting.kind);
  const hasDefault =
    setting.default !== "" && setting.kind !== "bool" && setting.default.length < DEFAULT_SHOWN;
  const said = [help, hasDefault && t("settings.default", { value: setting.default })]
    .filter(Boolean)
    .join(" ");
  return (
    <div
      id={`setting-${setting.key}`}
      className={classes("border-line border-b py-3", isChanged && "shadow-[inset_2px_0_var(--accent)] pl-3")}
    >
      <Field label={setting.label} help={said} error={error} isBeside={!isTall}>
        <Value setting={setting} value={value} onChange={onChange} />
      </Field>
      {setting.changed && (
        <Changed setting={setting} changed={setting.changed} now={value} onChange={onChange} />
      )}
    </div>
  );
}

interface ChangedProps {
  setting: Setting;
  changed: NonNullable<Setting["changed"]>;
  now: string;
  onChange: (value: string) => void;
}

/** What is longer, the audit has cut: that cannot be put back. */
const WHOLE_BEFORE = 4000;

/** Who changed it last, when, and from what, which can be put back. */
function Changed({ setting, changed, now, onChange }: ChangedProps) {
  const { t } = useTranslation();
  const { before } = changed;
  const isFlag = setting.kind === "bool";
  return (
    <p className="mt-1 flex min-w-0 flex-wrap items-baseline gap-x-1.5 text-muted text-sm">
      <span>{t("settings.changedBy", { who: changed.by })}</span>
      <Time at={changed.at} />
      {!setting.is_secret && (
        <>
          <span>{before ? t("settings.changedFrom") : t("settings.changedFromNothing")}</span>
          {before && isFlag && <span>{t(before === "true" ? "audit.yes" : "audit.no")}</span>}
          {before && !isFlag && (
            <code className="mono max-w-60 truncate" title={before}>
              {before}
            </code>
          )}
          {before !== now && before.length <= WHOLE_BEFORE && (
            <button
              type="button"
              onClick={() => onChange(before)}
              className="text-accent-text hover:underline"
            >
              {t("settings.putBack")}
            </button>
          )}
        </>
      )}
    </p>
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
