import { type ErrorComponentProps, Outlet, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { under } from "@/base";
import { messageOf } from "@/format/message";
import { useSite } from "@/session";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Toasts } from "@/ui/Toasts";
import { Brand } from "./Brand";
import { Offline } from "./Offline";

/** Around everything: the site's name and picture in the browser's tab, what is said in passing. */
export function Root() {
  const site = useSite();
  useEffect(() => {
    document.title = site.system_name || "One API";
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (icon) icon.href = site.logo || under("logo.svg");
  }, [site]);
  return (
    <>
      <Offline />
      <Outlet />
      <Toasts />
    </>
  );
}

export function NotFound() {
  const { t } = useTranslation();
  const router = useRouter();
  return (
    <main className="flex flex-col items-center pt-[16vh]">
      <Brand className="size-8" />
      <Empty
        title={t("error.notFound")}
        action={<Button onClick={() => router.navigate({ to: "/" })}>{t("error.home")}</Button>}
      >
        {t("error.notFoundHelp")}
      </Empty>
    </main>
  );
}

export function Broken({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const again = () => {
    reset();
    router.invalidate();
  };
  return (
    <div role="alert" className="pt-20">
      <Empty title={t("error.broken")} action={<Button onClick={again}>{t("action.retry")}</Button>}>
        {messageOf(error)}
      </Empty>
    </div>
  );
}
