import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { postAnonymously } from "@/api/call";
import { enter, useSite } from "@/session";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { say } from "@/ui/toasts";
import { Door } from "./Door";
import { DoorForm, Email, NewPassword } from "./fields";
import { Providers } from "./Providers";
import { useRobotCheck } from "./Robot";
import { SendCode } from "./SendCode";
import { useSubmit } from "./useSubmit";

const FIELDS = ["username", "password", "email", "verification_code"];
const NAME = { most: 12 };

/** A new account; signed in at once when it is open. */
export function Register() {
  const { t } = useTranslation();
  const site = useSite();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const [values, setValues] = useState({ username: "", password: "", email: "", verification_code: "" });
  const set = (name: keyof typeof values) => (value: string) => setValues({ ...values, [name]: value });
  const robot = useRobotCheck();
  const [sendError, setSendError] = useState("");
  const form = useSubmit(FIELDS, async () => {
    try {
      await postAnonymously("/api/user/register", { ...values, aff_code: search.aff ?? "" }, robot.query);
    } finally {
      robot.renew();
    }
    const { username, password } = values;
    await postAnonymously("/api/user/login", { username, password });
    await enter();
    say("good", t("login.registered"));
    await navigate({ to: "/dashboard" });
  });
  if (!site.password_registration) {
    return (
      <Door title={t("login.registerTitle")}>
        <p className="mb-3.5 text-muted">{t("login.byProvider")}</p>
        <Providers invitation={search.aff} />
      </Door>
    );
  }
  return (
    <DoorForm
      title={t("login.registerTitle")}
      action={t("login.register")}
      form={form}
      isReady={robot.isPassed}
      after={<Providers invitation={search.aff} isSecond />}
    >
      <Field label={t("login.name")} help={t("login.nameLength", NAME)} error={form.errors.username}>
        <Input
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          autoFocus
          required
          maxLength={NAME.most}
          value={values.username}
          onValueChange={set("username")}
        />
      </Field>
      <NewPassword
        label={t("login.password")}
        error={form.errors.password}
        value={values.password}
        onValueChange={set("password")}
      />
      {robot.widget}
      {site.email_verification && (
        <>
          <Email error={sendError || form.errors.email} value={values.email} onValueChange={set("email")} />
          <Field
            label={t("login.code")}
            error={form.errors.verification_code}
            action={<SendCode email={values.email} robot={robot} onError={setSendError} />}
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
    </DoorForm>
  );
}
