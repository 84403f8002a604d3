import { useState } from "react";
import { useTranslation } from "react-i18next";
import { post, postAnonymously } from "@/api/call";
import { messageOf } from "@/format/message";
import { useSite } from "@/session";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { begin } from "./visit";

interface WeChatProps {
  isOpen: boolean;
  onClose: () => void;
  onDone: () => Promise<unknown>;
  /** For the account that is signed in. */
  isBinding?: boolean;
  invitation?: string | undefined;
}

/** WeChat has no page to go to: its account sends a code to who follows it. */
export function WeChat({ isOpen, onClose, isBinding = false, ...rest }: WeChatProps) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t(isBinding ? "login.wechatBind" : "login.wechatTitle")}>
      <CodeForm isBinding={isBinding} {...rest} />
    </Dialog>
  );
}

function CodeForm({ onDone, isBinding, invitation }: Omit<WeChatProps, "isOpen" | "onClose">) {
  const { t } = useTranslation();
  const { wechat_qrcode: picture } = useSite();
  const [code, setCode] = useState("");
  const [error, setError] = useState("");
  const [isBusy, setBusy] = useState(false);
  const send = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      const { state } = await begin({ provider: "wechat", isBinding: !!isBinding, invitation });
      if (isBinding) await post("/api/oauth/wechat/bind", { code, state });
      else await postAnonymously("/api/oauth/wechat", { code, state });
      await onDone();
    } catch (problem) {
      setError(messageOf(problem));
    }
    setBusy(false);
  };
  return (
    <form onSubmit={send} className="flex flex-col gap-3.5">
      <p className="text-muted">{t(picture ? "login.wechatHelp" : "login.wechatNoPicture")}</p>
      {picture && (
        <img
          src={picture}
          alt={t("login.wechatPicture")}
          className="mx-auto size-44 rounded border border-line bg-paper object-contain p-1"
        />
      )}
      <Field label={t("login.wechatCode")} error={error}>
        <Input
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          autoFocus
          required
          value={code}
          onValueChange={setCode}
        />
      </Field>
      <Button type="submit" look="primary" isBusy={isBusy} className="h-8">
        {t(isBinding ? "settings.wayBind" : "login.signIn")}
      </Button>
    </form>
  );
}
