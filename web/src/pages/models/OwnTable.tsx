import { Pencil } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { OwnPrice } from "@/api/types";
import { IconButton } from "@/ui/Button";
import { Checkbox } from "@/ui/Checkbox";
import { classes } from "@/ui/class";
import { State } from "@/ui/State";
import { differing } from "./own";
import { Price } from "./Price";
import { BENEATH, CELL, HEAD } from "./table";

const UNITS = ["input", "cache_read", "output"] as const;
const ORIGINS = { own: "accent", adopted: "warn", default: "bad", table: "good" } as const;

const EACH = ["call", "image", "second", "character"] as const;

/** The price of output, or of what a model without tokens is charged by. */
function Last({ of }: { of: Record<string, number> }) {
  const { t } = useTranslation();
  const unit = EACH.find((one) => of[one]);
  if (!unit) return <Price of={of} unit="output" factor={1} />;
  return (
    <>
      <Price of={of} unit={unit} factor={1} /> <span className="text-muted">{t(`prices.each.${unit}`)}</span>
    </>
  );
}

/** Who named the price that is in force. */
function Origin({ of }: { of: string }) {
  const { t } = useTranslation();
  const origin = of as keyof typeof ORIGINS;
  return <State tone={ORIGINS[origin] ?? "off"}>{t(`prices.origins.${origin}`)}</State>;
}

interface OwnTableProps {
  rows: OwnPrice[];
  selected: ReadonlySet<string>;
  /** The model whose drawer is open. */
  open: string | undefined;
  onSelect: (selected: ReadonlySet<string>) => void;
  canTake: (row: OwnPrice) => boolean;
  onOpen: (row: OwnPrice) => void;
}

/** What is in force, and the catalogue's prices beside it; what differs is marked. */
export function OwnTable({ rows, selected, open, onSelect, canTake, onOpen }: OwnTableProps) {
  const { t } = useTranslation();
  const all = rows.filter(canTake).map((row) => row.model);
  const chosen = all.filter((model) => selected.has(model));
  const toggle = (model: string) => {
    const now = new Set(selected);
    if (!now.delete(model)) now.add(model);
    onSelect(now);
  };
  const wide = "max-lg:hidden";
  return (
    <table className="w-full table-fixed">
      <thead>
        <tr>
          <th className={classes(HEAD, "w-8 !text-left max-sm:hidden")}>
            {all.length > 0 ? (
              <Checkbox
                label={t("prices.selectAll")}
                isChecked={chosen.length === all.length}
                isPartly={chosen.length > 0 && chosen.length < all.length}
                onChange={(isOn) => onSelect(new Set(isOn ? all : []))}
              />
            ) : (
              <span className="sr-only">{t("list.actions")}</span>
            )}
          </th>
          <th className={classes(HEAD, "!text-left")}>{t("log.model")}</th>
          <th className={classes(HEAD, "w-28 !text-left max-sm:hidden")}>{t("prices.origin")}</th>
          <th className={classes(HEAD, "w-24 max-sm:w-20")}>{t("log.input")}</th>
          <th className={classes(HEAD, "w-24", wide)}>{t("model.cached")}</th>
          <th className={classes(HEAD, "w-26")}>{t("log.output")}</th>
          <th className={classes(HEAD, "w-32", wide)}>{t("prices.catalogueInput")}</th>
          <th className={classes(HEAD, "w-24", wide)}>{t("model.cached")}</th>
          <th className={classes(HEAD, "w-26", wide)}>{t("log.output")}</th>
          <th className={classes(HEAD, "w-12 max-sm:hidden")}>
            <span className="sr-only">{t("list.actions")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const other = new Set(Object.keys(row.catalogue).length ? differing(row) : []);
          return (
            <tr key={row.model} className={row.model === open ? "bg-sel" : "hover:bg-hover"}>
              <td className={classes(CELL, "!text-left max-sm:hidden")}>
                {canTake(row) && (
                  <Checkbox
                    label={t("list.select", { name: row.model })}
                    isChecked={selected.has(row.model)}
                    onChange={() => toggle(row.model)}
                  />
                )}
              </td>
              <td className={classes(CELL, "!text-left")}>
                <button
                  type="button"
                  onClick={() => onOpen(row)}
                  title={row.is_served ? row.model : t("prices.notServed", { model: row.model })}
                  className={classes(
                    "mono block max-w-full truncate hover:underline",
                    !row.is_served && "text-muted",
                  )}
                >
                  {row.model}
                </button>
                <span className={BENEATH}>
                  <Origin of={row.origin} />
                </span>
              </td>
              <td className={classes(CELL, "!text-left max-sm:hidden")}>
                <Origin of={row.origin} />
              </td>
              {UNITS.map((unit) => (
                <td
                  key={unit}
                  className={classes(
                    CELL,
                    unit === "cache_read" && wide,
                    (other.has(unit) || (unit === "output" && EACH.some((one) => other.has(one)))) &&
                      "font-medium text-warn",
                  )}
                >
                  {unit === "output" ? <Last of={row.now} /> : <Price of={row.now} unit={unit} factor={1} />}
                </td>
              ))}
              {UNITS.map((unit) => (
                <td key={unit} className={classes(CELL, wide, "text-muted")}>
                  {unit === "output" ? (
                    <Last of={row.catalogue} />
                  ) : (
                    <Price of={row.catalogue} unit={unit} factor={1} />
                  )}
                </td>
              ))}
              <td className={classes(CELL, "max-sm:hidden")}>
                <IconButton
                  label={t("prices.edit", { model: row.model })}
                  className="!size-6"
                  onClick={() => onOpen(row)}
                >
                  <Pencil className="!size-3.5" aria-hidden />
                </IconButton>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
