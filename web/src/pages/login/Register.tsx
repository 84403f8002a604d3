import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { postAnonymously } from "@/api/call";
import { queryClient, rememberSession, useSite, visitorQuery } from "@/session";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { Note } from "@/ui/Note";
import { say, sayError } from "@/ui/toasts";
import { Door, DoorLink } from "./Door";
import { useSubmit } from "./useSubmit";

const FIELDS = ["username", "password", "email", "verification_code"];
const PASSWORD = { least: 8, most: 20 };
const NAME = { most: 12 };

/** A new account; signed in at once when it is open. */
export function Register() {
  const { t } = useTranslation();
  const site = useSite();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const [values, setValues] = useState({ username: "", password: "", email: "", verification_code: "" });
  const set = (name: keyof typeof values) => (value: string) => setValues({ ...values, [name]: value });
  const form = useSubmit(FIELDS, async () => {
    await postAnonymously("/api/user/register", { ...values, aff_code: search.aff ?? "" });
    const { username, password } = values;
    await postAnonymously("/api/user/login", { username, password });
    rememberSession(true);
    await queryClient.refetchQueries({ queryKey: visitorQuery.queryKey });
    await queryClient.ensureQueryData(visitorQuery);
    say("good", t("login.registered"));
    await navigate({ to: "/dashboard" });
  });
  return (
    <Door title={t("login.registerTitle")}>
      <form onSubmit={form.submit} className="flex flex-col gap-3.5">
        {form.errors[""] && <Note tone="bad">{form.errors[""]}</Note>}
        <Field label={t("login.name")} help={t("login.nameLength", NAME)} error={form.errors.username}>
          <Input
            name="username"
            autoComplete="username"
            autoFocus
            required
            maxLength={NAME.most}
            value={values.username}
            onValueChange={set("username")}
          />
        </Field>
        <Field
          label={t("login.password")}
          help={t("login.passwordLength", PASSWORD)}
          error={form.errors.password}
        >
          <Input
            name="new-password"
            type="password"
            autoComplete="new-password"
            required
            value={values.password}
            onValueChange={set("password")}
          />
        </Field>
        {site.email_verification && (
          <>
            <Field label={t("login.email")} error={form.errors.email}>
              <Input
                name="email"
                type="email"
                autoComplete="email"
                required
                value={values.email}
                onValueChange={set("email")}
              />
            </Field>
            <Field
              label={t("login.code")}
              error={form.errors.verification_code}
              action={<SendCode email={values.email} />}
            >
              <Input
                name="code"
                inputMode="numeric"
                autoComplete="one-time-code"
                required
                value={values.verification_code}
                onValueChange={set("verification_code")}
              />
            </Field>
          </>
        )}
        {search.aff && (
          <p className="text-muted text-sm">
            {t("login.invitation")} <span className="mono">{search.aff}</span>
          </p>
        )}
        <Button type="submit" look="primary" isBusy={form.isBusy} className="mt-1 h-8">
          {t("login.register")}
        </Button>
        <DoorLink to="/login">{t("login.haveAccount")}</DoorLink>
      </form>
    </Door>
  );
}

function SendCode({ email }: { email: string }) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    try {
      await postAnonymously("/api/verification", { email });
      say("good", t("login.codeSent"));
    } catch (error) {
      sayError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button look="quiet" isBusy={isBusy} disabled={!email} onClick={send}>
      {t("login.sendCode")}
    </Button>
  );
}
