import { useTranslation } from "react-i18next";
import { coloursOf, OTHERS_COLOUR } from "./colours";
import type { Series } from "./StackedBars";

export function Legend({
  series,
  hasOthers,
  isMono,
}: {
  series: Series[];
  hasOthers: boolean;
  isMono: boolean;
}) {
  const { t } = useTranslation();
  const colours = coloursOf(series.map((one) => one.key));
  const entries = hasOthers ? [...series, { key: "", name: t("dash.others") }] : series;
  return (
    <ul className="mt-1.5 flex flex-wrap gap-x-3.5 gap-y-1 text-muted text-sm">
      {entries.map((one) => (
        <li key={one.key} className="flex items-center gap-1.5">
          <i
            aria-hidden
            className="size-2 rounded-sm"
            style={{ background: colours.get(one.key) ?? OTHERS_COLOUR }}
          />
          <span className={isMono && one.key ? "mono" : undefined}>{one.name}</span>
        </li>
      ))}
    </ul>
  );
}
