import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { remove } from "@/api/call";
import { openProviders, type ProviderName, visit } from "@/pages/login/visit";
import { WeChat } from "@/pages/login/WeChat";
import { useAccount, useSite, visitorQuery } from "@/session";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { say, sayError } from "@/ui/toasts";
import { EmailWay } from "./EmailWay";
import { Way } from "./Way";

/** What one can sign in with; providers are connected and disconnected here. */
export function Ways() {
  const { t } = useTranslation();
  const account = useAccount();
  const open = openProviders(useSite());
  return (
    <>
      <ul className="mb-2 divide-y divide-line border-line border-y">
        <Way
          name={t("settings.wayPassword")}
          state={t(account.has_password ? "settings.waySet" : "settings.wayNone")}
        />
        <EmailWay />
        {open.map((provider) => (
          <ProviderWay key={provider} provider={provider} bound={account[`${provider}_id`]} />
        ))}
      </ul>
      <p className="text-muted text-sm">{t("settings.waysHelp")}</p>
    </>
  );
}

function ProviderWay({ provider, bound }: { provider: ProviderName; bound: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const name = t(`provider.${provider}`);
  const doing = (what: () => Promise<unknown>) => async () => {
    setBusy(true);
    try {
      await what();
    } catch (error) {
      sayError(error);
    }
    setBusy(false);
  };
  const [isWeChat, setWeChat] = useState(false);
  const bind = async () => {
    if (provider === "wechat") setWeChat(true);
    else await visit({ provider, isBinding: true });
  };
  const unbind = doing(async () => {
    setAsked(false);
    await remove(`/api/oauth/${provider}`);
    await client.invalidateQueries({ queryKey: visitorQuery.queryKey });
    say("good", t("settings.wayUnbound", { provider: name }));
  });
  return (
    <Way name={name} state={bound || t("settings.wayNotBound")}>
      {bound ? (
        <Button
          isBusy={isBusy}
          onClick={() => setAsked(true)}
          aria-label={`${t("settings.wayUnbind")}: ${name}`}
        >
          {t("settings.wayUnbind")}
        </Button>
      ) : (
        <Button isBusy={isBusy} onClick={doing(bind)} aria-label={`${t("settings.wayBind")}: ${name}`}>
          {t("settings.wayBind")}
        </Button>
      )}
      <WeChat
        isBinding
        isOpen={isWeChat}
        onClose={() => setWeChat(false)}
        onDone={async () => {
          setWeChat(false);
          await client.invalidateQueries({ queryKey: visitorQuery.queryKey });
          say("good", t("login.bound", { provider: name }));
        }}
      />
      <Confirm
        isOpen={isAsked}
        title={t("settings.unbindTitle", { provider: name })}
        action={t("settings.wayUnbind")}
        onConfirm={unbind}
        onCancel={() => setAsked(false)}
      >
        {t("settings.unbindHelp")}
      </Confirm>
    </Way>
  );
}
