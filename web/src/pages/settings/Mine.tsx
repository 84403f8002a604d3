import { useQueryClient } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { post, put, remove } from "@/api/call";
import { ROLE } from "@/api/types";
import { Form } from "@/form/Form";
import type { FieldSpec, Values } from "@/form/types";
import { useDataForm } from "@/form/useDataForm";
import { rememberSession, useAccount, visitorQuery } from "@/session";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { copy } from "@/ui/copy";
import { Confirm } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { say, sayError } from "@/ui/toasts";
import { Sessions } from "./Sessions";
import { Ways } from "./Ways";

/** One's own account. */
export function Mine() {
  const { t } = useTranslation();
  const account = useAccount();
  return (
    <div className="h-full overflow-y-auto px-4 pt-3 pb-10">
      <div className="flex max-w-140 flex-col gap-9">
        <Profile />
        <Password />
        <Section title={t("settings.ways")}>
          <Ways />
        </Section>
        <Section title={t("settings.sessions")}>
          <Sessions />
        </Section>
        <AccessToken />
        {account.role < ROLE.root && <CloseAccount />}
      </div>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="mb-3 font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function Profile() {
  const { t } = useTranslation();
  const account = useAccount();
  const client = useQueryClient();
  const fields: FieldSpec[] = [
    {
      name: "username",
      kind: "text",
      label: t("settings.username"),
      width: "half",
      isRequired: true,
      maxLength: 12,
    },
    { name: "display_name", kind: "text", label: t("settings.displayName"), width: "half", maxLength: 20 },
  ];
  const save = async (values: Values) => {
    await put("/api/user/self", values);
    await client.invalidateQueries({ queryKey: visitorQuery.queryKey });
    say("good", t("settings.profileSaved"));
  };
  const { username, display_name } = account;
  const form = useDataForm(fields, { username, display_name }, save);
  return (
    <Section title={t("settings.profile")}>
      <Form of={form} after={<Save form={form} />} />
    </Section>
  );
}

function Save({ form }: { form: ReturnType<typeof useDataForm> }) {
  const { t } = useTranslation();
  return (
    <Button type="submit" look="primary" isBusy={form.isBusy} disabled={!form.form.formState.isDirty}>
      {t("action.save")}
    </Button>
  );
}

function Password() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { has_password } = useAccount();
  const original: FieldSpec = {
    name: "original_password",
    kind: "password",
    label: t("settings.oldPassword"),
    width: "half",
    isRequired: true,
  };
  const fields: FieldSpec[] = [
    ...(has_password ? [original] : []),
    {
      name: "password",
      kind: "password",
      label: t("settings.newPassword"),
      width: "half",
      isRequired: true,
      help: t("login.passwordLength", { least: 8, most: 20 }),
    },
  ];
  const nothing = { original_password: "", password: "" };
  const save = async (values: Values) => {
    await put("/api/user/self", values);
    await client.invalidateQueries({ queryKey: visitorQuery.queryKey });
    say("good", t("settings.passwordSaved"));
  };
  const form = useDataForm(fields, nothing, save, () => form.form.reset(nothing));
  return (
    <Section title={t(has_password ? "settings.password" : "settings.setPassword")}>
      <Form of={form} after={<Save form={form} />} />
    </Section>
  );
}

function AccessToken() {
  const { t } = useTranslation();
  const [made, setMade] = useState("");
  const [isBusy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    try {
      setMade(await post<string>("/api/user/token"));
    } catch (error) {
      sayError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Section title={t("settings.token")}>
      <p className="mb-3 text-muted">{t("settings.tokenHelp")}</p>
      {made ? (
        <div className="flex flex-col items-start gap-2">
          <div className="w-full">
            <Code text={made} />
          </div>
          <Button look="primary" icon={<Copy aria-hidden />} onClick={() => copy(made, t("settings.token"))}>
            {t("action.copy")}
          </Button>
          <p className="text-muted text-sm">{t("settings.tokenMade")}</p>
        </div>
      ) : (
        <Button isBusy={isBusy} onClick={make}>
          {t("settings.tokenMake")}
        </Button>
      )}
    </Section>
  );
}

function CloseAccount() {
  const { t } = useTranslation();
  const account = useAccount();
  const [isAsked, setAsked] = useState(false);
  const [typed, setTyped] = useState("");
  const close = async () => {
    if (typed !== account.username) return;
    try {
      await remove("/api/user/self");
      rememberSession(false);
      location.reload();
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <Section title={t("settings.close")}>
      <p className="mb-3 text-muted">{t("settings.closeHelp")}</p>
      <Button look="danger" onClick={() => setAsked(true)}>
        {t("settings.close")}
      </Button>
      <Confirm
        isOpen={isAsked}
        isDangerous
        title={t("settings.close")}
        action={t("settings.close")}
        onConfirm={close}
        onCancel={() => setAsked(false)}
      >
        <p className="mb-3">{t("settings.closeHelp")}</p>
        <Field label={t("settings.closeType", { name: account.username })}>
          <Input value={typed} onValueChange={setTyped} autoComplete="off" />
        </Field>
      </Confirm>
    </Section>
  );
}
