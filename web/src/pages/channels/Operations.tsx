import { ArrowUp, Braces, Filter, Plus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ChannelForm } from "@/api/types";
import { Button, IconButton } from "@/ui/Button";
import { Input, TextArea } from "@/ui/Input";
import { Select } from "@/ui/Select";
import { TagsInput } from "@/ui/TagsInput";
import {
  headersOf,
  headersTyped,
  meantBy,
  type Operation,
  operationsOf,
  typedOf,
  withConditions,
  withVerb,
} from "./operation";

interface OperationsProps {
  value: unknown;
  onChange: (value: Operation[]) => void;
  form: ChannelForm;
  models: string[];
}

/** What is done to a channel's requests, one row each in their order; as JSON to be copied and pasted. */
export function Operations({ value, onChange, form, models }: OperationsProps) {
  const { t } = useTranslation();
  const [isJson, setJson] = useState(false);
  const operations = Array.isArray(value) ? (value as Operation[]) : [];
  const put = (place: number, changed: Operation) =>
    onChange(operations.map((one, at) => (at === place ? changed : one)));
  const up = (place: number) => {
    const moved = [...operations];
    moved.splice(place - 1, 0, ...moved.splice(place, 1));
    onChange(moved);
  };
  const blank = { in: form.places[0], do: form.verbs[0]?.name, name: "", value: "" };
  return (
    <div className="flex flex-col gap-2">
      {isJson ? (
        <AsJson operations={operations} onChange={onChange} />
      ) : (
        operations.map((operation, place) => (
          <Row
            // biome-ignore lint/suspicious/noArrayIndexKey: an operation is nothing but its place
            key={place}
            number={place + 1}
            operation={operation}
            form={form}
            models={models}
            onChange={(changed) => put(place, changed)}
            onUp={place > 0 ? () => up(place) : undefined}
            onRemove={() => onChange(operations.filter((_, at) => at !== place))}
          />
        ))
      )}
      <div className="flex gap-2">
        {!isJson && (
          <Button icon={<Plus aria-hidden />} onClick={() => onChange([...operations, blank])}>
            {t("operation.add")}
          </Button>
        )}
        <Button icon={<Braces aria-hidden />} onClick={() => setJson(!isJson)}>
          {t(isJson ? "operation.asRows" : "operation.asJson")}
        </Button>
      </div>
    </div>
  );
}

function AsJson({
  operations,
  onChange,
}: {
  operations: Operation[];
  onChange: (value: Operation[]) => void;
}) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(() => JSON.stringify(operations, null, 2));
  const isWrong = operationsOf(typed) === undefined;
  return (
    <>
      <TextArea
        isMono
        rows={10}
        aria-label={t("operation.asJson")}
        value={typed}
        onValueChange={(text: string) => {
          setTyped(text);
          const read = operationsOf(text);
          if (read) onChange(read);
        }}
      />
      {isWrong && <p className="text-bad text-sm">{t("operation.notJson")}</p>}
    </>
  );
}

interface RowProps {
  number: number;
  operation: Operation;
  form: ChannelForm;
  models: string[];
  onChange: (operation: Operation) => void;
  onUp: (() => void) | undefined;
  onRemove: () => void;
}

function Row({ number, operation, form, models, onChange, onUp, onRemove }: RowProps) {
  const { t } = useTranslation();
  const [showsWhen, setShowsWhen] = useState(!!operation.when);
  const needs = form.verbs.find((one) => one.name === operation.do);
  const choices = (names: string[]) => names.map((name) => ({ value: name, label: name }));
  const named = (what: string) => t("operation.of", { what, number });
  return (
    <fieldset aria-label={t("operation.row", { number })} className="field-box flex flex-col gap-1.5 p-1.5">
      <div className="grid grid-cols-[5.5rem_6rem_1fr_auto] gap-1.5">
        <Select
          label={named(t("operation.in"))}
          value={operation.in ?? "body"}
          choices={choices(form.places)}
          onChange={(place) => onChange({ ...operation, in: place })}
        />
        <Select
          label={named(t("operation.do"))}
          value={operation.do ?? ""}
          choices={choices(form.verbs.map((verb) => verb.name))}
          onChange={(verb) => onChange(withVerb(operation, verb, form))}
        />
        <Input
          isMono
          aria-label={named(t("operation.name"))}
          placeholder={operation.in === "header" ? "anthropic-beta" : "thinking.type"}
          value={operation.name ?? ""}
          onValueChange={(name: string) => onChange({ ...operation, name })}
        />
        <span className="flex items-center">
          <IconButton
            label={t("operation.conditions", { number })}
            aria-expanded={showsWhen}
            onClick={() => setShowsWhen(!showsWhen)}
          >
            <Filter aria-hidden className={operation.when ? "text-accent" : undefined} />
          </IconButton>
          {onUp && (
            <IconButton label={t("operation.up", { number })} onClick={onUp}>
              <ArrowUp aria-hidden />
            </IconButton>
          )}
          <IconButton label={t("operation.remove", { number })} onClick={onRemove}>
            <X aria-hidden />
          </IconButton>
        </span>
      </div>
      {needs?.has_value && (
        <Value named={named(t("operation.value"))} operation={operation} onChange={onChange} />
      )}
      {needs?.has_target && (
        <Input
          isMono
          aria-label={named(t("operation.to"))}
          placeholder={t("operation.to")}
          value={operation.to ?? ""}
          onValueChange={(to: string) => onChange({ ...operation, to })}
        />
      )}
      {showsWhen && <When operation={operation} form={form} models={models} onChange={onChange} />}
    </fieldset>
  );
}

/** A header's value is a text, a field's whatever JSON says. */
function Value({
  named,
  operation,
  onChange,
}: {
  named: string;
  operation: Operation;
  onChange: RowProps["onChange"];
}) {
  const { t } = useTranslation();
  const isText = operation.in === "header";
  const [typed, setTyped] = useState<string>();
  const known = isText ? String(operation.value ?? "") : typedOf(operation.value);
  const isSame = typed !== undefined && (isText ? typed === known : typedOf(meantBy(typed)) === known);
  return (
    <Input
      isMono
      aria-label={named}
      placeholder={t(isText ? "operation.text" : "operation.json")}
      value={isSame ? typed : known}
      onValueChange={(text: string) => {
        setTyped(text);
        onChange({ ...operation, value: isText ? text : meantBy(text) });
      }}
    />
  );
}

function When({ operation, form, models, onChange }: Omit<RowProps, "number" | "onUp" | "onRemove">) {
  const { t } = useTranslation();
  const when = operation.when ?? {};
  const [headers, setHeaders] = useState(() => headersTyped(when.headers));
  const set = (part: NonNullable<Operation["when"]>) =>
    onChange(withConditions(operation, { ...when, ...part }));
  return (
    <div className="flex flex-col gap-1.5 text-sm">
      <TagsInput
        isMono
        values={when.models ?? []}
        onChange={(chosen) => set({ models: chosen })}
        suggestions={models}
        placeholder={t("operation.models")}
      />
      <TagsInput
        isClosed
        values={when.endpoints ?? []}
        onChange={(chosen) => set({ endpoints: chosen })}
        suggestions={form.endpoints}
        placeholder={t("operation.endpoints")}
      />
      <Input
        isMono
        aria-label={t("operation.headers")}
        placeholder={t("operation.headers")}
        value={headers}
        onValueChange={(typed: string) => {
          setHeaders(typed);
          set({ headers: headersOf(typed) });
        }}
      />
    </div>
  );
}
