import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { enter, useSite, visitorQuery } from "@/session";
import { Note } from "@/ui/Note";
import { Skeleton } from "@/ui/Skeleton";
import { Door, DoorLink } from "./Door";
import { FirstPassword } from "./FirstPassword";
import { Providers } from "./Providers";
import { SignIn } from "./SignIn";
import { useFollow } from "./useFollow";

/** The door: sign in, or, with the published default password, choose one of one's own first. */
export function Login() {
  const { t } = useTranslation();
  const site = useSite();
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const follow = useFollow();
  const visitor = useQuery(visitorQuery);
  const goOn = async () => {
    const person = await enter();
    if (!person || person.must_change_password) return;
    await follow(search.next);
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
        <FirstPassword account={visitor.data} onDone={goOn} />
      ) : (
        <>
          {site.password_login && <SignIn onDone={goOn} />}
          <Providers next={search.next} isSecond={site.password_login} />
          <div className="mt-4 flex flex-wrap justify-between gap-x-3 gap-y-1 [&>a]:whitespace-nowrap">
            {site.password_registration && <DoorLink to="/register">{t("login.register")}</DoorLink>}
            {site.password_login && site.mail && <DoorLink to="/reset">{t("login.forgot")}</DoorLink>}
            {site.public_prices && <DoorLink to="/prices">{t("place.models")}</DoorLink>}
          </div>
        </>
      )}
    </Door>
  );
}
