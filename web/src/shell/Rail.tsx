import { Link } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ROLE } from "@/api/types";
import { useAccount, useSite } from "@/session";
import { Avatar } from "@/ui/Avatar";
import { IconButton } from "@/ui/Button";
import { classes } from "@/ui/class";
import { Brand } from "./Brand";
import { type Place, usePlaces } from "./navigation";

const KEPT_AS = "rail";

export function Rail() {
  const { t } = useTranslation();
  const site = useSite();
  const account = useAccount();
  const [isNarrow, setNarrow] = useState(() => localStorage.getItem(KEPT_AS) === "narrow");
  const toggle = () => {
    localStorage.setItem(KEPT_AS, isNarrow ? "wide" : "narrow");
    setNarrow(!isNarrow);
  };
  const places = usePlaces();
  const wide = classes(isNarrow ? "hidden" : "max-lg:hidden");
  return (
    <nav
      aria-label={t("shell.places")}
      className={classes(
        "flex shrink-0 flex-col overflow-y-auto border-line border-r px-2 py-2.5 max-md:hidden",
        isNarrow ? "w-12" : "w-51 max-lg:w-12",
      )}
    >
      <Link to="/" className="mb-2 flex items-center gap-2 rounded px-2 py-1 font-semibold">
        <Brand />
        <span className={classes("truncate", wide)}>{site.system_name || "One API"}</span>
      </Link>
      <Places
        places={places.filter((place) => place.role < ROLE.admin && place.name !== "settings")}
        wide={wide}
      />
      {account.role >= ROLE.admin ? (
        <>
          <p className={classes("mx-2 mt-3.5 mb-1 text-muted text-xs", wide)}>{t("shell.run")}</p>
          <hr className={classes("my-2 border-line", isNarrow ? "" : "lg:hidden")} />
        </>
      ) : null}
      <Places
        places={places.filter((place) => place.role >= ROLE.admin || place.name === "settings")}
        wide={wide}
      />
      <div className="mt-auto flex items-center gap-2 border-line border-t pt-2.5">
        <Link to="/setting" className={classes("flex min-w-0 flex-1 items-center gap-2 rounded px-1", wide)}>
          <Avatar name={account.display_name || account.username} />
          <span className="truncate">{account.username}</span>
        </Link>
        <IconButton
          label={isNarrow ? t("shell.widen") : t("shell.narrow")}
          onClick={toggle}
          className="max-lg:hidden"
        >
          {isNarrow ? <PanelLeftOpen aria-hidden /> : <PanelLeftClose aria-hidden />}
        </IconButton>
      </div>
    </nav>
  );
}

function Places({ places, wide }: { places: Place[]; wide: string }) {
  const { t } = useTranslation();
  return (
    <ul className="flex flex-col gap-px">
      {places.map((place) => (
        <li key={place.to}>
          <Link
            to={place.to}
            title={t(`place.${place.name}`)}
            className="flex h-7 items-center gap-2.25 rounded px-2 text-muted hover:bg-hover hover:text-text"
            activeProps={{ className: "bg-hover !text-text font-medium" }}
          >
            <place.icon className="size-4 shrink-0" strokeWidth={1.6} aria-hidden />
            <span className={classes("truncate", wide)}>{t(`place.${place.name}`)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
