import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { post } from "@/api/call";
import { Email } from "@/pages/login/fields";
import { useRobotCheck } from "@/pages/login/Robot";
import { SendCode } from "@/pages/login/SendCode";
import { useSubmit } from "@/pages/login/useSubmit";
import { useAccount, useSite, visitorQuery } from "@/session";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { Note } from "@/ui/Note";
import { say } from "@/ui/toasts";
import { Way } from "./Way";

/** One's e-mail address: for signing in and for resetting the password; another one is proved by a code. */
export function EmailWay() {
  const { t } = useTranslation();
  const account = useAccount();
  const site = useSite();
  const [isOpen, setOpen] = useState(false);
  return (
    <Way name={t("settings.wayEmail")} state={account.email || t("settings.wayNone")}>
      {site.mail && (
        <Button
          onClick={() => setOpen(true)}
          aria-label={`${t("settings.emailAction")}: ${t("settings.wayEmail")}`}
        >
          {t("settings.emailAction")}
        </Button>
      )}
      <Dialog isOpen={isOpen} onClose={() => setOpen(false)} title={t("settings.emailBind")}>
        <Change onDone={() => setOpen(false)} />
      </Dialog>
    </Way>
  );
}

function Change({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const robot = useRobotCheck();
  const [email, setEmail] = useState("");
  const [code, setCode] = useState("");
  const [sendError, setSendError] = useState("");
  const form = useSubmit(["email", "code"], async () => {
    await post("/api/oauth/email/bind", { email, code });
    await client.invalidateQueries({ queryKey: visitorQuery.queryKey });
    say("good", t("settings.emailSaved", { email }));
    onDone();
  });
  return (
    <form onSubmit={form.submit} className="flex flex-col gap-3.5">
      {form.errors[""] && <Note tone="bad">{form.errors[""]}</Note>}
      <Email isFirst error={sendError || form.errors.email} value={email} onValueChange={setEmail} />
      {robot.widget}
      <Field
        label={t("login.code")}
        error={form.errors.code}
        action={<SendCode email={email} robot={robot} onError={setSendError} />}
      >
        <Input
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          required
          value={code}
          onValueChange={setCode}
        />
      </Field>
      <Button type="submit" look="primary" isBusy={form.isBusy} className="h-8">
        {t("settings.emailSave")}
      </Button>
    </form>
  );
}
