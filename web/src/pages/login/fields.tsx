import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { Note } from "@/ui/Note";
import { Door, DoorLink } from "./Door";
import type { useSubmit } from "./useSubmit";

export const PASSWORD = { least: 8, most: 20 };

interface FieldProps {
  value: string;
  onValueChange: (value: string) => void;
  error: string | undefined;
  isFirst?: boolean;
}

/** A password that is being chosen. */
export function NewPassword({ label, isFirst, error, ...input }: FieldProps & { label: string }) {
  const { t } = useTranslation();
  return (
    <Field label={label} help={t("login.passwordLength", PASSWORD)} error={error}>
      <Input
        name="new-password"
        type="password"
        autoComplete="new-password"
        autoFocus={isFirst}
        required
        {...input}
      />
    </Field>
  );
}

export function Email({ isFirst, error, ...input }: FieldProps) {
  const { t } = useTranslation();
  return (
    <Field label={t("login.email")} error={error}>
      <Input name="email" type="email" autoComplete="email" autoFocus={isFirst} required {...input} />
    </Field>
  );
}

interface DoorFormProps {
  title: string;
  action: string;
  form: ReturnType<typeof useSubmit>;
  children: ReactNode;
  after?: ReactNode;
  /** What the way back is called where nobody is about to get an account. */
  back?: string;
  /** False while something else must come first. */
  isReady?: boolean;
}

/** A form at the door: what belongs to no field stands above it, the way back to the sign-in below. */
export function DoorForm({ title, action, form, children, after, back, isReady = true }: DoorFormProps) {
  const { t } = useTranslation();
  return (
    <Door title={title}>
      <form onSubmit={form.submit} className="flex flex-col gap-3.5">
        {form.errors[""] && <Note tone="bad">{form.errors[""]}</Note>}
        {children}
        <Button type="submit" look="primary" isBusy={form.isBusy} disabled={!isReady} className="mt-1 h-8">
          {action}
        </Button>
      </form>
      {after}
      <p className="mt-3.5">
        <DoorLink to="/login">{back ?? t("login.haveAccount")}</DoorLink>
      </p>
    </Door>
  );
}
