import { useEffect, useRef, useState } from "react";
import type { ControllerRenderProps } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { amountText, quotaOf } from "@/format/money";
import { forField } from "@/format/time";
import { useMoneyStyle } from "@/session";
import { Input, TextArea } from "@/ui/Input";
import { Picker } from "@/ui/Picker";
import { Select } from "@/ui/Select";
import { TagsInput } from "@/ui/TagsInput";
import { Mapping } from "./Mapping";
import { numberTyped, timeTyped } from "./typed";
import type { FieldSpec, Values } from "./types";

export type Bound = ControllerRenderProps<Values, string>;

/** The control of a field's kind. */
export function Control({ field, bound }: { field: FieldSpec; bound: Bound }) {
  const text = bound.value === undefined || bound.value === null ? "" : String(bound.value);
  const plain = { ref: bound.ref, name: field.name, onBlur: bound.onBlur, placeholder: field.placeholder };
  switch (field.kind) {
    case "long_text":
    case "json":
      return (
        <TextArea
          {...plain}
          rows={4}
          isMono={field.isMono ?? field.kind === "json"}
          value={text}
          onValueChange={bound.onChange}
        />
      );
    case "secret":
      return (
        <Input
          {...plain}
          isMono={text !== ""}
          type="password"
          autoComplete="new-password"
          value={text}
          onValueChange={bound.onChange}
        />
      );
    case "password":
      return (
        <Input
          {...plain}
          type="password"
          autoComplete={field.name === "password" ? "new-password" : "current-password"}
          value={text}
          onValueChange={bound.onChange}
        />
      );
    case "secret_lines":
      return (
        <TextArea
          {...plain}
          rows={2}
          isMono
          autoComplete="off"
          spellCheck={false}
          value={text}
          onValueChange={bound.onChange}
        />
      );
    case "int":
    case "number":
      return <NumberField field={field} bound={bound} />;
    case "choice":
      return <Select value={text} choices={field.choices ?? []} onChange={bound.onChange} />;
    case "picker":
      return (
        <Picker
          value={text}
          choices={field.choices ?? []}
          onChange={bound.onChange}
          placeholder={field.placeholder ?? ""}
        />
      );
    case "list":
      return (
        <TagsInput
          values={text.split(",").filter(Boolean)}
          onChange={(values) => bound.onChange(values.join(","))}
          suggestions={field.suggestions ?? []}
          isClosed={!!field.isClosed}
          isMono={!!field.isMono}
          placeholder={field.placeholder}
          onBlur={bound.onBlur}
        />
      );
    case "mapping":
      return <Mapping value={text} onChange={bound.onChange} suggestions={field.suggestions ?? []} />;
    case "money":
      return <MoneyField field={field} bound={bound} />;
    case "time":
      return <TimeField field={field} bound={bound} />;
    default:
      return <Input {...plain} isMono={!!field.isMono} value={text} onValueChange={bound.onChange} />;
  }
}

/** What is typed into a field that keeps something else, as it was typed for as long as it means what the field has. */
function useTyped(
  bound: Bound,
  read: (text: string) => unknown,
  print: (value: unknown) => string,
): [string, (text: string) => void] {
  const [typed, setTyped] = useState<string>();
  const text = typed !== undefined && read(typed) === bound.value ? typed : print(bound.value);
  const type = (now: string) => {
    setTyped(now);
    bound.onChange(read(now));
  };
  return [text, type];
}

function NumberField({ field, bound }: { field: FieldSpec; bound: Bound }) {
  const [text, type] = useTyped(bound, numberTyped, (value) => String(value ?? ""));
  return (
    <Input
      ref={bound.ref}
      name={field.name}
      inputMode="decimal"
      value={text}
      onValueChange={type}
      onBlur={bound.onBlur}
      placeholder={field.placeholder}
      end={field.unit && <span className="text-muted">{field.unit}</span>}
    />
  );
}

/** Typed in the site's currency, kept in quota. */
function MoneyField({ field, bound }: { field: FieldSpec; bound: Bound }) {
  const style = useMoneyStyle();
  const { t } = useTranslation();
  const [text, type] = useTyped(
    bound,
    (typed) => (typed.trim() === "" ? "" : (quotaOf(typed, style) ?? typed)),
    (value) => (typeof value === "number" ? amountText(value, style) : String(value ?? "")),
  );
  return (
    <Input
      ref={bound.ref}
      name={field.name}
      inputMode="decimal"
      value={text}
      onValueChange={type}
      onBlur={bound.onBlur}
      end={<span className="text-muted">{style.inCurrency ? "USD" : t("money.units")}</span>}
    />
  );
}

/** A time, or never: seconds since 1970, or −1. What is typed by half is neither. */
function TimeField({ field, bound }: { field: FieldSpec; bound: Bound }) {
  const node = useRef<HTMLInputElement>(null);
  const [text, type] = useTyped(bound, timeTyped, (value) =>
    typeof value === "number" && value > 0 ? forField(value) : "",
  );
  const isTime = typeof bound.value === "number";
  // Half a time has no value that could be replaced: only the control knows of it.
  useEffect(() => {
    if (isTime && node.current?.validity.badInput) node.current.value = "";
  }, [isTime]);
  const look = () => {
    if (node.current?.validity.badInput) bound.onChange(HALF);
    else if (bound.value === HALF) bound.onChange(-1);
  };
  return (
    <Input
      ref={(control: HTMLInputElement | null) => {
        node.current = control;
        bound.ref(control);
      }}
      name={field.name}
      type="datetime-local"
      value={text}
      onValueChange={type}
      onKeyUp={look}
      onBlur={() => {
        look();
        bound.onBlur();
      }}
    />
  );
}

const HALF = "…";
