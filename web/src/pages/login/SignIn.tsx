import { useState } from "react";
import { useTranslation } from "react-i18next";
import { postAnonymously } from "@/api/call";
import { messageOf } from "@/format/message";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { Note } from "@/ui/Note";

export function SignIn({ onDone }: { onDone: () => Promise<void> }) {
  const { t } = useTranslation();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [refused, setRefused] = useState("");
  const [isBusy, setBusy] = useState(false);
  const signIn = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefused("");
    try {
      await postAnonymously("/api/user/login", { username, password });
      await onDone();
    } catch (error) {
      setRefused(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={signIn} className="flex flex-col gap-3.5">
      {refused && <Note tone="bad">{refused}</Note>}
      <Field label={t("login.username")}>
        <Input
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          autoFocus
          required
          value={username}
          onValueChange={setUsername}
        />
      </Field>
      <Field label={t("login.password")}>
        <Input
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onValueChange={setPassword}
        />
      </Field>
      <Button type="submit" look="primary" isBusy={isBusy} className="mt-1 h-8">
        {t("login.signIn")}
      </Button>
    </form>
  );
}
