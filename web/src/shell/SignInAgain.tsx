import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { under } from "@/base";
import { setEnded, useEnded } from "@/ended";
import { enter, useSite } from "@/session";
import { Dialog } from "@/ui/Dialog";

const SignIn = lazy(() => import("@/pages/login/SignIn").then((part) => ({ default: part.SignIn })));

/** Over a page with something unsaved whose session has ended: what was typed is not lost by signing in again. */
export function SignInAgain() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const router = useRouter();
  const site = useSite();
  const done = async () => {
    const person = await enter();
    if (!person) return;
    setEnded(false);
    if (person.must_change_password) router.navigate({ to: "/login" });
    else client.invalidateQueries();
  };
  return (
    <Dialog isOpen={useEnded()} onClose={() => setEnded(false)} title={t("login.ended")}>
      <p className="mb-4 text-muted">{t("login.endedHelp")}</p>
      {site.password_login && (
        <Suspense>
          <SignIn onDone={done} />
        </Suspense>
      )}
      <a
        href={under("login")}
        target="_blank"
        rel="noreferrer"
        className="mt-3 inline-block text-accent-text hover:underline"
      >
        {t("login.elsewhere")}
      </a>
    </Dialog>
  );
}
