import { cloneElement, type ReactNode, useEffect, useId, useRef } from "react";
import { Controller } from "react-hook-form";
import { classes } from "@/ui/class";
import { useUnsaved } from "@/ui/Drawer";
import { Field, FieldGroup } from "@/ui/Field";
import { Note } from "@/ui/Note";
import { Switch } from "@/ui/Switch";
import { Control } from "./Control";
import type { FieldSpec } from "./types";
import type { DataForm } from "./useDataForm";

const WIDTHS = {
  full: "col-span-4",
  half: "col-span-2 max-sm:col-span-4",
  quarter: "col-span-1 max-sm:col-span-2",
};

interface FormProps {
  of: DataForm;
  id?: string;
  before?: ReactNode;
  after?: ReactNode;
}

/** The fields of a form, drawn from data; ⌘↵ sends it. */
export function Form({ of, id, before, after }: FormProps) {
  const own = useId();
  const drawn = useRef<HTMLFormElement>(null);
  of.onRelease.current = useUnsaved(of.form.formState.isDirty);
  // not every control can take the focus
  useEffect(() => {
    if (of.refusedAt) drawn.current?.querySelector("[data-error]")?.scrollIntoView({ block: "nearest" });
  }, [of.refusedAt]);
  return (
    <form
      ref={drawn}
      id={id ?? own}
      noValidate
      onSubmit={of.submit}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) of.submit(event);
      }}
      className="grid grid-cols-4 gap-x-3 gap-y-3.5"
    >
      {before && <div className="col-span-4 empty:hidden">{before}</div>}
      {of.refusal && (
        <Note tone="bad" className="col-span-4" isAnswer>
          {of.refusal}
        </Note>
      )}
      {of.fields.map((field) => (
        <FormField key={field.name} field={field} of={of} />
      ))}
      {after && <div className="col-span-4">{after}</div>}
    </form>
  );
}

function FormField({ field, of }: { field: FieldSpec; of: DataForm }) {
  return (
    <Controller
      control={of.form.control}
      name={field.name}
      render={({ field: bound, fieldState }) =>
        field.render ? (
          <FieldGroup
            label={field.label}
            help={field.help}
            error={fieldState.error?.message}
            className={classes(WIDTHS[field.width ?? "full"])}
          >
            {field.render(bound)}
          </FieldGroup>
        ) : (
          <Field
            label={
              field.kind === "bool" ? (
                <span className="flex items-center gap-2">
                  <Switch isOn={!!bound.value} onChange={bound.onChange} />
                  {field.label}
                </span>
              ) : (
                field.label
              )
            }
            help={field.help}
            action={field.action}
            error={fieldState.error?.message}
            className={classes(WIDTHS[field.width ?? "full"])}
          >
            {field.kind !== "bool" && <Control field={field} bound={bound} />}
            {field.quick && cloneElement(field.quick, { onChange: bound.onChange })}
          </Field>
        )
      }
    />
  );
}
