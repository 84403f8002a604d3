import { useState } from "react";
import { useTranslation } from "react-i18next";
import { put } from "@/api/call";
import type { Account } from "@/api/types";
import { reasonOf } from "@/format/message";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { Note } from "@/ui/Note";
import { NewPassword, PASSWORD } from "./fields";

/** The published default password opens nothing but this form. */
export function FirstPassword({ account, onDone }: { account: Account; onDone: () => Promise<void> }) {
  const { t } = useTranslation();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [errors, setErrors] = useState<{ password?: string; again?: string }>({});
  const [isBusy, setBusy] = useState(false);
  const change = async (event: React.FormEvent) => {
    event.preventDefault();
    if (password.length < PASSWORD.least || password.length > PASSWORD.most) {
      setErrors({ password: t("login.passwordLength", PASSWORD) });
      return;
    }
    if (password !== again) {
      setErrors({ again: t("login.passwordsDiffer") });
      return;
    }
    setBusy(true);
    try {
      await put("/api/user/self", { password });
      await onDone();
    } catch (error) {
      setErrors({ password: reasonOf(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={change} className="flex flex-col gap-3.5">
      <Note tone="warn">{t("login.firstPassword", { name: account.username })}</Note>
      <input type="text" name="username" autoComplete="username" value={account.username} readOnly hidden />
      <NewPassword
        label={t("login.newPassword")}
        isFirst
        error={errors.password}
        value={password}
        onValueChange={setPassword}
      />
      <Field label={t("login.again")} error={errors.again}>
        <Input
          name="again"
          type="password"
          autoComplete="new-password"
          required
          value={again}
          onValueChange={setAgain}
        />
      </Field>
      <Button type="submit" look="primary" isBusy={isBusy} className="mt-1 h-8">
        {t("login.change")}
      </Button>
    </form>
  );
}
