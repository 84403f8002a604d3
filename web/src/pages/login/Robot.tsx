import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSite } from "@/session";
import { Button } from "@/ui/Button";
import { Note } from "@/ui/Note";
import { loadTurnstile, type TurnstileApi } from "./turnstile";

/** The check for robots of one form: `widget` is drawn in it, `query` goes with what it sends. */
export interface RobotCheck {
  isNeeded: boolean;
  /** Whether the form can be sent now. */
  isPassed: boolean;
  query: { turnstile?: string };
  /** A proof is good once: ask for the next one. */
  renew: () => void;
  widget: React.ReactNode;
}

export function useRobotCheck(): RobotCheck {
  const { turnstile_check: isNeeded } = useSite();
  const [proof, setProof] = useState("");
  const reset = useRef<() => void>(() => {});
  const renew = useCallback(() => {
    setProof("");
    reset.current();
  }, []);
  return {
    isNeeded,
    isPassed: !isNeeded || proof !== "",
    query: proof ? { turnstile: proof } : {},
    renew,
    widget: isNeeded ? <Widget onProof={setProof} reset={reset} /> : null,
  };
}

interface WidgetProps {
  onProof: (proof: string) => void;
  reset: React.RefObject<() => void>;
}

function Widget({ onProof, reset }: WidgetProps) {
  const { t, i18n } = useTranslation();
  const { turnstile_site_key: sitekey } = useSite();
  const place = useRef<HTMLDivElement>(null);
  const [attempt, setAttempt] = useState(0);
  const [isBroken, setBroken] = useState(false);
  const language = i18n.language === "zh" ? "zh-cn" : "en";

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` begins anew
  useEffect(() => {
    let api: TurnstileApi | undefined;
    let widget: string | undefined;
    let isGone = false;
    const broken = () => {
      if (isGone) return true;
      onProof("");
      setBroken(true);
      return true;
    };
    setBroken(false);
    loadTurnstile()
      .then((loaded) => {
        if (isGone || !place.current) return;
        api = loaded;
        widget = api.render(place.current, {
          sitekey,
          language,
          theme: document.documentElement.dataset.theme === "dark" ? "dark" : "light",
          size: "flexible",
          callback: onProof,
          "expired-callback": () => onProof(""),
          "error-callback": broken,
        });
        reset.current = () => {
          if (widget) loaded.reset(widget);
        };
      })
      .catch(broken);
    return () => {
      isGone = true;
      reset.current = () => {};
      if (widget) api?.remove(widget);
    };
  }, [sitekey, language, onProof, reset, attempt]);

  return (
    <div>
      <section ref={place} aria-label={t("login.robotWait")} className={isBroken ? "hidden" : "min-h-16"} />
      {isBroken && (
        <Note tone="warn" className="flex flex-col items-start gap-2">
          {t("login.robotFailed")}
          <Button onClick={() => setAttempt(attempt + 1)}>{t("login.robotAgain")}</Button>
        </Note>
      )}
    </div>
  );
}
