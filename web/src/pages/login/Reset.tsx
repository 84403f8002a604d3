import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { postAnonymously } from "@/api/call";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { Note } from "@/ui/Note";
import { say } from "@/ui/toasts";
import { Door, DoorLink } from "./Door";
import { useSubmit } from "./useSubmit";

const PASSWORD = { least: 8, most: 20 };

/** Ask for the mail with the link. */
export function Forgotten() {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [isSent, setSent] = useState(false);
  const form = useSubmit(["email"], async () => {
    await postAnonymously("/api/reset_password", { email });
    setSent(true);
  });
  return (
    <Door title={t("login.resetTitle")}>
      <form onSubmit={form.submit} className="flex flex-col gap-3.5">
        {form.errors[""] && <Note tone="bad">{form.errors[""]}</Note>}
        {isSent && <Note tone="good">{t("login.linkSent")}</Note>}
        <Field label={t("login.email")} error={form.errors.email}>
          <Input
            name="email"
            type="email"
            autoComplete="email"
            autoFocus
            required
            value={email}
            onValueChange={setEmail}
          />
        </Field>
        <Button type="submit" look="primary" isBusy={form.isBusy} className="mt-1 h-8">
          {t("login.sendLink")}
        </Button>
        <DoorLink to="/login">{t("login.haveAccount")}</DoorLink>
      </form>
    </Door>
  );
}

/** Where the mailed link leads: choose a new password. */
export function Reset() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const { email, token } = search;
  const [password, setPassword] = useState("");
  const form = useSubmit(["password"], async () => {
    await postAnonymously("/api/user/reset", { email, token, password });
    say("good", t("login.resetDone"));
    await navigate({ to: "/login" });
  });
  if (!email || !token) {
    return (
      <Door title={t("login.resetTitle")}>
        <Note tone="bad" className="mb-3.5">
          {t("login.badLink")}
        </Note>
        <DoorLink to="/reset">{t("login.resetTitle")}</DoorLink>
      </Door>
    );
  }
  return (
    <Door title={t("login.resetTitle")}>
      <form onSubmit={form.submit} className="flex flex-col gap-3.5">
        {form.errors[""] && <Note tone="bad">{form.errors[""]}</Note>}
        <p className="break-words text-muted">{t("login.resetFor", { email })}</p>
        <Field
          label={t("login.newPassword")}
          help={t("login.passwordLength", PASSWORD)}
          error={form.errors.password}
        >
          <Input
            name="new-password"
            type="password"
            autoComplete="new-password"
            autoFocus
            required
            value={password}
            onValueChange={setPassword}
          />
        </Field>
        <Button type="submit" look="primary" isBusy={form.isBusy} className="mt-1 h-8">
          {t("login.change")}
        </Button>
        <DoorLink to="/login">{t("login.haveAccount")}</DoorLink>
      </form>
    </Door>
  );
}
