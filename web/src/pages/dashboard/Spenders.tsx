import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { percent } from "@/format/money";
import { Meter } from "@/ui/Meter";
import { Money } from "@/ui/Money";
import { useUse } from "./Dashboard";

const SHOWN = 6;

/** Who spends most, of all users. */
export function Spenders() {
  const { t } = useTranslation();
  const { data } = useUse(true, "user");
  const largest = Math.max(1, data?.top[0]?.quota ?? 0);
  if (!data?.top.length) return null;
  return (
    <section>
      <h2 className="mb-1 font-semibold">{t("dash.spenders")}</h2>
      <ul>
        {data.top.slice(0, SHOWN).map((entry) => (
          <li key={entry.key} className="flex h-8.5 items-center gap-3 border-line border-b">
            <Link to="/user" search={{ open: entry.key } as never} className="w-28 truncate hover:underline">
              {entry.name || t("dash.unknown")}
            </Link>
            <Meter share={entry.quota / largest} label={percent(entry.quota / largest)} className="flex-1" />
            <span className="w-20 text-right">
              <Money quota={entry.quota} decimals={2} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
