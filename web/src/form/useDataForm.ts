import { useEffect, useRef, useState } from "react";
import { type UseFormReturn, useForm } from "react-hook-form";
import { Refusal } from "@/api/call";
import { messageOf, reasonOf } from "@/format/message";
import { changedSince } from "./changed";
import { wrong } from "./check";
import type { FieldSpec, Values } from "./types";

export interface DataForm {
  form: UseFormReturn<Values>;
  fields: FieldSpec[];
  /** What belongs to no field. */
  refusal: string | undefined;
  isBusy: boolean;
  /** How often something was said to be wrong at a field. */
  refusedAt: number;
  submit: (event?: React.FormEvent) => Promise<void>;
  /** Check and send these from now on, when the fields depend on the values. */
  use: (fields: FieldSpec[]) => void;
  /** Nothing in it would be lost any more: it may be left without a question. */
  release: () => void;
  /** For the form that is drawn: what `release` has to tell. */
  onRelease: React.RefObject<() => void>;
  /** Say a refusal where it belongs: at its field, or above them all. */
  refuse: (error: unknown) => void;
  /** What was refused above them all is over: something else is being tried. */
  forget: () => void;
}

const SECRET = new Set(["secret", "password", "secret_lines"]);

/**
 * A form made of data: checked here as far as possible, the server's refusal put at its field. `save` gets all values,
 * and those that are changed: a row is told only these.
 */
export function useDataForm(
  fields: FieldSpec[],
  values: Values,
  save: (values: Values, changed: Values) => Promise<unknown>,
  onSaved?: () => void,
): DataForm {
  const form = useForm<Values>({ defaultValues: values });
  const saved = useRef(values);
  const isSending = useRef(false);
  const checked = useRef(fields);
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [refusedAt, setRefusedAt] = useState(0);
  const onRelease = useRef(() => {});
  const release = () => onRelease.current();

  // What is said to be wrong is looked at again while it is mended.
  useEffect(() => {
    const watching = form.watch((given, { name }) => {
      if (!name || !form.getFieldState(name).error) return;
      const field = checked.current.find((one) => one.name === name);
      const message = field && wrong(field, given[name]);
      if (message) form.setError(name, { message });
      else form.clearErrors(name);
    });
    return () => watching.unsubscribe();
  }, [form]);

  const refuse = (error: unknown) => {
    const named = (error instanceof Refusal && error.field) || "";
    const field = checked.current.find((one) => isOf(one.name, named));
    // Of what is inside a field, its place is said, too.
    const isWhole = field?.name.replace(":", ".") === named;
    const message = isWhole ? reasonOf(error) : messageOf(error);
    if (field) {
      form.setError(field.name, { message }, { shouldFocus: true });
      setRefusedAt((times) => times + 1);
    } else setRefusal(message);
  };

  /** These are saved; secrets are not shown again. What was typed meanwhile stays, and is not: returns whether all is. */
  const keep = (given: Values): boolean => {
    const late = changedSince(given, form.getValues());
    const secrets = checked.current
      .filter((field) => SECRET.has(field.kind))
      .map((field) => [field.name, ""]);
    saved.current = { ...given, ...Object.fromEntries(secrets) };
    form.reset(saved.current);
    for (const [name, value] of Object.entries(late)) form.setValue(name, value, { shouldDirty: true });
    return Object.keys(late).length === 0;
  };

  const submit = async (event?: React.FormEvent) => {
    event?.preventDefault();
    // keys come faster than a button is drawn as busy
    if (isSending.current) return;
    setRefusal(undefined);
    form.clearErrors();
    const given = form.getValues();
    let isFirst = true;
    for (const field of checked.current) {
      const message = wrong(field, given[field.name]);
      if (message) form.setError(field.name, { message }, { shouldFocus: isFirst });
      if (message) isFirst = false;
    }
    if (!isFirst) {
      setRefusedAt((times) => times + 1);
      return;
    }
    isSending.current = true;
    setBusy(true);
    try {
      await save(given, changedSince(saved.current, given));
      if (keep(given)) release();
      onSaved?.();
    } catch (error) {
      refuse(error);
    } finally {
      isSending.current = false;
      setBusy(false);
    }
  };
  const use = (now: FieldSpec[]) => {
    checked.current = now;
  };
  return {
    form,
    fields,
    refusal,
    isBusy,
    refusedAt,
    submit,
    use,
    release,
    onRelease,
    refuse,
    forget: () => setRefusal(undefined),
  };
}

/** Whether what a server calls wrong is a field, or something inside it: `config.operations[2].name` of `config:operations`. */
function isOf(field: string, named: string): boolean {
  const path = field.replace(":", ".");
  return named === path || named.startsWith(`${path}.`) || named.startsWith(`${path}[`);
}
