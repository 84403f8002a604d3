import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { LoaderCircle } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { postAnonymously } from "@/api/call";
import { messageOf } from "@/format/message";
import { enter } from "@/session";
import { Button } from "@/ui/Button";
import { Note } from "@/ui/Note";
import { say } from "@/ui/toasts";
import { Door } from "./Door";
import { useFollow } from "./useFollow";
import { isProvider, visitBegun } from "./visit";

/** Where a provider sends the browser back to, with a code or with the reason why there is none. */
export function Returned() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const follow = useFollow();
  const { provider = "" } = useParams({ strict: false }) as { provider?: string };
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const begun = visitBegun();
  // A link that somebody made up may not speak in the provider's name, nor say where to go on.
  const isOurs = !!begun.state && begun.state === search.state;
  const { isBinding, next } = isOurs ? begun : {};
  const name = isProvider(provider) ? t(`provider.${provider}`) : provider;
  const isAsked = useRef(false);
  const [error, setError] = useState("");

  useEffect(() => {
    if (isAsked.current) return; // a code is good once
    isAsked.current = true;
    const { code, state } = search;
    const finish = async () => {
      const person = await postAnonymously(`/api/oauth/${provider}`, { code, state });
      if (!person) {
        say("good", t("login.bound", { provider: name }));
        await enter();
        await navigate({ to: "/setting", replace: true });
        return;
      }
      await enter();
      await follow(next);
    };
    const reason = search.error_description || search.error;
    if (reason && isOurs) setError(t("login.denied", { provider: name, reason }));
    else if (reason) setError(t("login.deniedOnly", { provider: name }));
    else if (!code) setError(t("login.incomplete", { provider: name }));
    else finish().catch((problem: unknown) => setError(messageOf(problem)));
  }, [search, provider, name, next, isOurs, navigate, follow, t]);

  return (
    <Door title={t("login.returnTitle", { provider: name })}>
      {error ? (
        <div className="flex flex-col items-start gap-3.5">
          <Note tone="bad" className="w-full">
            {error}
          </Note>
          <Button onClick={() => navigate({ to: isBinding ? "/setting" : "/login", replace: true })}>
            {t(isBinding ? "login.backToAccount" : "login.backToLogin")}
          </Button>
        </div>
      ) : (
        <p role="status" className="flex items-center gap-2 text-muted">
          <LoaderCircle className="size-4 animate-spin" aria-hidden />
          {t(isBinding ? "login.binding" : "login.coming", { provider: name })}
        </p>
      )}
    </Door>
  );
}
