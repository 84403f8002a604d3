import type { TFunction } from "i18next";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { Channel, ChannelForm, Provider, ProviderField } from "@/api/types";
import type { FieldKind, FieldSpec, Values } from "@/form/types";
import { calledUrl, fieldName } from "./document";
import { Operations } from "./Operations";
import { Statuses } from "./Statuses";

export const WEIGHT_MAX = 1_000_000;

interface Known {
  t: TFunction;
  row: Channel | undefined;
  values: Values;
  provider: Provider | undefined;
  providers: Provider[];
  groups: string[];
  form: ChannelForm | undefined;
}

/** The fields of a channel: the same for every vendor, and between them the vendor's own. */
export function channelFields({ t, row, values, provider, providers, groups, form }: Known): FieldSpec[] {
  const models = String(values.models ?? "")
    .split(",")
    .filter(Boolean);
  const called = calledUrl(provider, String(values.base_url ?? ""));
  return [
    {
      name: "type",
      kind: "picker",
      label: t("channel.vendor"),
      width: "half",
      isRequired: true,
      choices: providers.map(({ type, name }) => ({
        value: String(type),
        label: name || t("channel.type", { type }),
        hint: `#${type}`,
      })),
      help: provider?.notes,
    },
    { name: "name", kind: "text", label: t("channel.name"), width: "half", isRequired: true, maxLength: 191 },
    {
      name: "key",
      kind: row ? "secret" : "secret_lines",
      label: t("channel.key"),
      isRequired: !row,
      placeholder: row ? t("channel.keyKept") : (provider?.key_hint ?? ""),
      help: row ? t("channel.keyOld") : t("channel.keyNew"),
      action: provider?.key_url && (
        <a href={provider.key_url} target="_blank" rel="noreferrer" className="hover:text-text">
          {t("channel.getKey")}
        </a>
      ),
    },
    {
      name: "base_url",
      kind: "text",
      label: t("channel.baseUrl"),
      isMono: true,
      isRequired: !!provider?.base_url_required,
      placeholder: provider?.base_url ?? "",
      help: called ? <Called url={called} /> : t("channel.baseUrlHelp"),
    },
    ...(provider?.fields ?? []).map(vendorField),
    {
      name: "models",
      kind: "list",
      label: t("channel.models"),
      isMono: true,
      // without one, nobody is served; what has no endpoints serves otherwise
      isRequired: !row && !!provider?.endpoints.length,
      suggestions: provider?.models ?? [],
    },
    {
      name: "model_mapping",
      kind: "mapping",
      label: t("channel.mapping"),
      help: t("channel.mappingHelp"),
      suggestions: models,
    },
    {
      name: "group",
      kind: "list",
      label: t("channel.groups"),
      width: "half",
      suggestions: groups,
      help: t("channel.groupsHelp"),
    },
    {
      name: "priority",
      kind: "int",
      label: t("channel.priority"),
      width: "quarter",
      help: t("channel.priorityHelp"),
    },
    { name: "weight", kind: "int", label: t("channel.weight"), width: "quarter", min: 0, max: WEIGHT_MAX },
    {
      name: "system_prompt",
      kind: "long_text",
      label: t("channel.systemPrompt"),
      help: t("channel.systemPromptHelp"),
    },
    {
      name: "config:proxy",
      kind: "text",
      label: t("channel.proxy"),
      isMono: true,
      help: t("channel.proxyHelp"),
    },
    ...(form?.fields ?? []).map((field) => commonField(field, form, models, t)),
  ];
}

/** A field that all vendors' channels have, drawn by its kind. */
function commonField(
  field: ProviderField,
  form: ChannelForm | undefined,
  models: string[],
  t: TFunction,
): FieldSpec {
  const spec: FieldSpec = { ...vendorField(field), width: "full" };
  if (field.kind === "choice") {
    const asItComes = { value: "", label: t("channel.asItComes") };
    return { ...spec, width: "half", choices: [asItComes, ...(spec.choices ?? [])] };
  }
  if (field.kind === "statuses")
    return {
      ...spec,
      render: ({ value, onChange }) => <Statuses value={value} onChange={onChange} actions={field.options} />,
    };
  if (field.kind === "operations" && form)
    return {
      ...spec,
      render: ({ value, onChange }) => (
        <Operations value={value} onChange={onChange} form={form} models={models} />
      ),
    };
  return { ...spec, width: "half" };
}

/** The address that will be called, broken where it has parts. */
function Called({ url }: { url: string }) {
  const { t } = useTranslation();
  return (
    <span className="wrap-anywhere">
      {t("channel.called", { url: "" })}
      {url.split(/(?<=[/?&])/).map((part, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of an address do not move
        <Fragment key={place}>
          {part}
          <wbr />
        </Fragment>
      ))}
    </span>
  );
}

const KINDS: Record<string, FieldKind> = {
  secret: "secret",
  int: "int",
  number: "number",
  bool: "bool",
  choice: "choice",
  long_text: "long_text",
  json: "json",
};

function vendorField(field: ProviderField): FieldSpec {
  return {
    name: fieldName(field.name),
    kind: KINDS[field.kind] ?? "text",
    label: field.label,
    help: field.help,
    isRequired: field.required,
    placeholder: field.default,
    choices: (field.options ?? []).map((option) => ({ value: option, label: option })),
    width: field.kind === "bool" ? "full" : "half",
  };
}
