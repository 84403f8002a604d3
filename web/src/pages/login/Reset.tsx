import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { postAnonymously } from "@/api/call";
import { Note } from "@/ui/Note";
import { say } from "@/ui/toasts";
import { Door, DoorLink } from "./Door";
import { DoorForm, Email, NewPassword } from "./fields";
import { useRobotCheck } from "./Robot";
import { useSubmit } from "./useSubmit";

/** Ask for the mail with the link. */
export function Forgotten() {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [isSent, setSent] = useState(false);
  const robot = useRobotCheck();
  const form = useSubmit(["email"], async () => {
    setSent(false);
    try {
      await postAnonymously("/api/reset_password", { email }, robot.query);
    } finally {
      robot.renew();
    }
    setSent(true);
  });
  return (
    <DoorForm
      title={t("login.resetTitle")}
      action={t("login.sendLink")}
      back={t("login.backToLogin")}
      form={form}
      isReady={robot.isPassed}
    >
      {isSent && <Note tone="good">{t("login.linkSent")}</Note>}
      <Email isFirst error={form.errors.email} value={email} onValueChange={setEmail} />
      {robot.widget}
    </DoorForm>
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
    <DoorForm
      title={t("login.resetTitle")}
      action={t("login.change")}
      back={t("login.backToLogin")}
      form={form}
    >
      <p className="break-words text-muted">{t("login.resetFor", { email })}</p>
      <NewPassword
        label={t("login.newPassword")}
        isFirst
        error={form.errors.password}
        value={password}
        onValueChange={setPassword}
      />
    </DoorForm>
  );
}
