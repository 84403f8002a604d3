import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Dashboard } from "@/api/types";
import { compact, grouped, percent } from "@/format/money";
import { duration } from "@/format/time";
import { classes } from "@/ui/class";
import { Meter } from "@/ui/Meter";
import { Money } from "@/ui/Money";
import { marginOf } from "./Cards";
import type { By } from "./Dashboard";

const HEAD = "h-7 px-2 text-right font-medium text-muted text-sm first:pl-0 first:text-left";
const CELL = "h-8 truncate border-line border-t px-2 text-right first:pl-0 first:text-left";

/** Who used most, with all that is known of each; a row opens its log. */
export function Ranking({ data, by }: { data: Dashboard; by: By }) {
  const { t } = useTranslation();
  const all = Math.max(1, data.sums.quota);
  const hasCosts = !!data.sums.costed;
  const filter = (entry: { key: string; name: string }) =>
    ({
      model: { model_name: entry.key },
      token: { token_name: entry.name },
      channel: { channel: entry.key },
      user: { username: entry.name },
    })[by];
  return (
    <section className="mt-7">
      <h2 className="mb-1 font-semibold">{t("dash.top")}</h2>
      <table className="w-full table-fixed">
        <thead>
          <tr>
            <th className={HEAD}>{t("dash.name")}</th>
            <th className={classes(HEAD, "w-28")}>{t("dash.requests")}</th>
            <th className={classes(HEAD, "w-28")}>{t("dash.quota")}</th>
            <th className={classes(HEAD, "w-40 max-md:hidden")}>{t("dash.share")}</th>
            {hasCosts && <th className={classes(HEAD, "w-24 max-lg:hidden")}>{t("dash.cost")}</th>}
            {hasCosts && <th className={classes(HEAD, "w-24 max-lg:hidden")}>{t("dash.margin")}</th>}
            <th className={classes(HEAD, "w-28 max-md:hidden")}>{t("dash.tokens")}</th>
            <th className={classes(HEAD, "w-28 max-md:hidden")}>{t("dash.cached")}</th>
            <th className={classes(HEAD, "w-28 max-md:hidden")}>{t("dash.average")}</th>
          </tr>
        </thead>
        <tbody>
          {data.top.map((entry) => (
            <tr key={entry.key} className="hover:bg-hover">
              <td className={CELL}>
                <Link
                  to="/log"
                  search={{ ...filter(entry), from: String(data.start), to: String(data.end) } as never}
                  className={classes("hover:underline", by === "model" && "mono")}
                >
                  {entry.name || t("dash.unknown")}
                </Link>
              </td>
              <td className={CELL}>{grouped(entry.requests)}</td>
              <td className={CELL}>
                <Money quota={entry.quota} decimals={2} />
              </td>
              <td className={classes(CELL, "max-md:hidden")}>
                <span className="flex items-center gap-2">
                  <Meter share={entry.quota / all} label={percent(entry.quota / all)} className="flex-1" />
                  <span className="w-12">{percent(entry.quota / all)}</span>
                </span>
              </td>
              {hasCosts && <Margin of={entry} />}
              <td className={classes(CELL, "max-md:hidden")}>
                {compact(entry.input_tokens + entry.output_tokens)}
              </td>
              <td className={classes(CELL, "max-md:hidden")}>
                {entry.input_tokens ? percent(entry.cached_tokens / entry.input_tokens) : "–"}
              </td>
              <td className={classes(CELL, "max-md:hidden")}>
                {entry.requests ? duration(entry.elapsed_ms / entry.requests) : "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What it cost the operator, and what was left. */
function Margin({ of }: { of: Dashboard["top"][number] }) {
  const margin = marginOf(of);
  return (
    <>
      <td className={classes(CELL, "max-lg:hidden")}>
        {margin === undefined ? "–" : <Money quota={of.cost ?? 0} decimals={2} />}
      </td>
      <td className={classes(CELL, "max-lg:hidden", margin !== undefined && margin < 0 && "text-bad")}>
        {margin === undefined ? "–" : percent(margin)}
      </td>
    </>
  );
}
