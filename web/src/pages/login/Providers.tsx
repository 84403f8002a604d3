import { useState } from "react";
import { useTranslation } from "react-i18next";
import { enter, useSite } from "@/session";
import { Button } from "@/ui/Button";
import { sayError } from "@/ui/toasts";
import { useFollow } from "./useFollow";
import { openProviders, type ProviderName, visit } from "./visit";
import { WeChat } from "./WeChat";

interface ProvidersProps {
  invitation?: string | undefined;
  next?: string | undefined;
  /** A form stands above. */
  isSecond?: boolean;
}

/** A button for each provider that the site lets people sign in with. */
export function Providers({ invitation, next, isSecond }: ProvidersProps) {
  const { t } = useTranslation();
  const open = openProviders(useSite());
  const [busy, setBusy] = useState<ProviderName>();
  const follow = useFollow();
  const [isWeChat, setWeChat] = useState(false);
  const go = async (provider: ProviderName) => {
    if (provider === "wechat") {
      setWeChat(true);
      return;
    }
    setBusy(provider);
    try {
      await visit({ provider, invitation, next });
    } catch (error) {
      setBusy(undefined);
      sayError(error);
    }
  };
  if (open.length === 0) return null;
  return (
    <div className="flex flex-col gap-2">
      {isSecond && (
        <div className="mt-4 mb-2 flex items-center gap-3 text-muted text-sm before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
          {t("login.or")}
        </div>
      )}
      {open.map((name) => (
        <Button
          key={name}
          className="h-8 w-full"
          isBusy={busy === name}
          disabled={!!busy}
          onClick={() => go(name)}
        >
          {t("login.with", { provider: t(`provider.${name}`) })}
        </Button>
      ))}
      <WeChat
        isOpen={isWeChat}
        onClose={() => setWeChat(false)}
        onDone={() => enter().then(() => follow(next))}
        invitation={invitation}
      />
    </div>
  );
}
