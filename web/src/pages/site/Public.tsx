import { useQuery } from "@tanstack/react-query";
import { Link, useRouterState } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { getAnonymously } from "@/api/call";
import { useSite, visitorQuery } from "@/session";
import { Brand } from "@/shell/Brand";
import { Footer } from "@/shell/Footer";
import { Notice } from "@/shell/Notice";
import { LanguageButton, ThemeMenu } from "@/shell/TopBar";
import { Empty } from "@/ui/Empty";
import { Content } from "./Content";

/** What anybody may see of the site: its own home and its page about itself. */
export function Public() {
  const { t } = useTranslation();
  const isAbout = useRouterState({ select: (state) => state.location.pathname.endsWith("/about") });
  const { data } = useQuery({
    queryKey: ["site", isAbout],
    queryFn: () => getAnonymously<string>(isAbout ? "/api/about" : "/api/home_page_content"),
  });
  const title = isAbout ? t("site.about") : t("site.home");
  return (
    <Frame>
      {data ? <Content text={data} title={title} /> : data === "" && <Empty title={t("site.noAbout")} />}
    </Frame>
  );
}

/** What stands around every page that anybody may see. */
export function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const site = useSite();
  const { data: visitor } = useQuery(visitorQuery);
  return (
    <div className="flex h-dvh flex-col">
      <header className="flex h-11 shrink-0 items-center gap-1 border-line border-b px-4">
        <Link to="/" className="mr-4 flex min-w-0 items-center gap-2 font-semibold max-sm:mr-1">
          <Brand />
          <h1 className="truncate max-[420px]:sr-only">{site.system_name || "One API"}</h1>
        </Link>
        <Place to="/about">{t("site.about")}</Place>
        {site.public_prices && <Place to="/prices">{t("place.models")}</Place>}
        <span className="ml-auto flex items-center gap-1">
          <LanguageButton />
          <ThemeMenu />
          <Link
            to={visitor ? "/dashboard" : "/login"}
            className="inline-flex h-7 shrink-0 items-center whitespace-nowrap rounded border border-accent bg-accent px-2.5 font-medium text-on-accent max-sm:h-9"
          >
            {visitor ? t("site.toDashboard") : t("login.signIn")}
          </Link>
        </span>
      </header>
      <Notice />
      <main className="flex min-h-0 flex-1 flex-col overflow-y-auto">{children}</main>
      <Footer className="max-h-24 border-line border-t" />
    </div>
  );
}

function Place({ to, children }: { to: "/about" | "/prices"; children: ReactNode }) {
  return (
    <Link
      to={to}
      className="whitespace-nowrap rounded px-2 text-muted hover:text-text max-sm:px-1.5"
      activeProps={{ className: "!text-text" }}
    >
      {children}
    </Link>
  );
}
