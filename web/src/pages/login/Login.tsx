import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { rememberSession, useSite, visitorQuery } from "@/session";
import { Note } from "@/ui/Note";
import { Skeleton } from "@/ui/Skeleton";
import { Door, DoorLink } from "./Door";
import { FirstPassword } from "./FirstPassword";
import { SignIn } from "./SignIn";

/** The door: sign in, or, with the published default password, choose one of one's own first. */
export function Login() {
  const { t } = useTranslation();
  const site = useSite();
  const isOpen = !site.turnstile_check; // these forms cannot show Turnstile's widget
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
    <Door>
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
        <>
          <SignIn onDone={enter} />
          <div className="mt-4 flex justify-between gap-3">
            {site.password_registration && isOpen && (
              <DoorLink to="/register">{t("login.register")}</DoorLink>
            )}
            {site.mail && isOpen && <DoorLink to="/reset">{t("login.forgot")}</DoorLink>}
          </div>
        </>
      )}
    </Door>
  );
}
