import { Link } from "@tanstack/react-router";
import { Menu as MenuIcon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ROLE } from "@/api/types";
import { useAccount } from "@/session";
import { Dialog } from "@/ui/Dialog";
import { usePlaces } from "./navigation";

const ITEM = "flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-muted text-xs";

/** The rail of a phone: the places that are used most, and everything else behind the last one. */
export function BottomBar() {
  const { t } = useTranslation();
  const account = useAccount();
  const [isOpen, setOpen] = useState(false);
  const places = usePlaces();
  const first = places.filter(
    (place) => place.isOnPhone || place.name === (account.role >= ROLE.admin ? "channels" : "wallet"),
  );
  const rest = places.filter((place) => !first.includes(place));
  return (
    <nav
      aria-label={t("shell.places")}
      className="flex shrink-0 border-line border-t bg-bg pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {first.map((place) => (
        <Link key={place.to} to={place.to} className={ITEM} activeProps={{ className: "!text-accent-text" }}>
          <place.icon className="size-5" strokeWidth={1.6} aria-hidden />
          {t(`place.${place.name}`)}
        </Link>
      ))}
      <button type="button" className={ITEM} onClick={() => setOpen(true)}>
        <MenuIcon className="size-5" strokeWidth={1.6} aria-hidden />
        {t("shell.more")}
      </button>
      <Dialog isOpen={isOpen} onClose={() => setOpen(false)} title={t("shell.more")}>
        <ul className="flex flex-col">
          {rest.map((place) => (
            <li key={place.to}>
              <Link
                to={place.to}
                onClick={() => setOpen(false)}
                className="flex h-11 items-center gap-3 rounded px-2"
                activeProps={{ className: "bg-hover font-medium" }}
              >
                <place.icon className="size-4.5 text-muted" strokeWidth={1.6} aria-hidden />
                {t(`place.${place.name}`)}
              </Link>
            </li>
          ))}
        </ul>
      </Dialog>
    </nav>
  );
}
