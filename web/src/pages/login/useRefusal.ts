import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { Refusal } from "@/api/call";
import type english from "@/text/en.json";

/** One API's own sentences are Chinese for everybody; these are said in the reader's language. */
const SAID: Record<string, keyof (typeof english)["refusal"]> = {
  bad_state: "bad_state",
  provider_off: "provider_off",
  provider_taken: "provider_taken",
  registration_off: "registration_off",
  banned: "banned",
  bad_email_code: "bad_code",
  bad_wechat_code: "bad_code",
  email_domain: "email_domain",
  login_failed: "login_failed",
  password_login_off: "password_login_off",
  bad_reset_link: "bad_link",
  turnstile_missing: "turnstile",
  turnstile_failed: "turnstile",
};

/** Say why something about signing in was refused. */
export function useRefusal(): (problem: unknown) => string {
  const { t } = useTranslation();
  return useCallback(
    (problem) => {
      if (problem instanceof Refusal) {
        if (problem.status === 401) return t("refusal.not_signed_in");
        const key = SAID[problem.code];
        if (key) return t(`refusal.${key}`);
      }
      return problem instanceof Error ? problem.message : String(problem);
    },
    [t],
  );
}
