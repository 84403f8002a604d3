import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { rememberSession, useSite, visitorQuery } from "@/session";
import { Brand } from "@/shell/Brand";
import { LanguageButton, ThemeMenu } from "@/shell/TopBar";
import { Note } from "@/ui/Note";
import { Skeleton } from "@/ui/Skeleton";
import { FirstPassword } from "./FirstPassword";
import { SignIn } from "./SignIn";

/** The door: sign in, or, with the published default password, choose one of one's own first. */
export function Login() {
  const { t } = useTranslation();
  const site = useSite();
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const visitor = useQuery(visitorQuery);
  const enter = async () => {
    rememberSession(true);
    const { data } = await visitor.refetch();
    if (!data || data.must_change_password) return;
    const next = search.next?.startsWith("/") && !search.next.startsWith("//") ? search.next : "/dashboard";
    const [to, query] = next.split("?");
    await navigate({ to, search: Object.fromEntries(new URLSearchParams(query)) as never });
  };
  return (
    <div className="flex min-h-dvh flex-col">
      <div className="flex justify-end gap-1 p-2">
        <LanguageButton />
        <ThemeMenu />
      </div>
      <main className="mx-auto w-full max-w-80 flex-1 px-4 pt-[10vh] pb-10">
        <div className="mb-6 flex items-center gap-2.5">
          <Brand className="size-7" />
          <h1 className="font-semibold text-[17px]">{site.system_name || "One API"}</h1>
        </div>
        {search.expired && !visitor.data && (
          <Note tone="warn" className="mb-4">
            {t("login.expired")}
          </Note>
        )}
        {visitor.isPending ? (
          <Skeleton className="h-40 w-full" />
        ) : visitor.data?.must_change_password ? (
          <FirstPassword account={visitor.data} onDone={enter} />
        ) : (
          <SignIn onDone={enter} />
        )}
      </main>
    </div>
  );
}
