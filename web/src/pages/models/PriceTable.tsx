import { Link } from "@tanstack/react-router";
import { Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ModelPrice } from "@/api/types";
import { compact } from "@/format/money";
import { useIsAdmin, useIsRoot } from "@/session";
import { IconButton } from "@/ui/Button";
import { classes } from "@/ui/class";
import { copy } from "@/ui/copy";
import { State } from "@/ui/State";
import { Price } from "./Price";
import { BENEATH, CELL, HEAD } from "./table";

const WIDE = "max-lg:hidden";
/** Where beside it the name of a model can still be read. */
const WIDER = "max-[1400px]:hidden";

/** Models and what they cost, after the group's factor. */
export function PriceTable({ models, factor }: { models: ModelPrice[]; factor: number }) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  return (
    <table className="w-full table-fixed">
      <thead>
        <tr>
          <th className={classes(HEAD, "!text-left")}>{t("log.model")}</th>
          <th className={classes(HEAD, WIDER, "w-38 !text-left")}>{t("channel.vendor")}</th>
          <th className={classes(HEAD, "w-48 !text-left max-xl:hidden min-[2000px]:w-72")}>
            {t("model.can")}
          </th>
          {isAdmin && (
            <th className={classes(HEAD, "w-40 !text-left max-xl:hidden")}>{t("channel.groups")}</th>
          )}
          <th className={classes(HEAD, WIDER, "w-20")}>{t("model.context")}</th>
          <th className={classes(HEAD, "w-24 max-sm:w-20")}>{t("log.input")}</th>
          <th className={classes(HEAD, "w-28 max-sm:hidden")}>{t("model.cached")}</th>
          <th className={classes(HEAD, "w-24 max-sm:w-20")}>{t("log.output")}</th>
          <th className={classes(HEAD, WIDE, "w-72 !text-left !pl-8")}>{t("model.others")}</th>
          <th className={classes(HEAD, "w-24 max-sm:hidden")}>
            <span className="sr-only">{t("list.actions")}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {models.map((one) => (
          <tr key={one.model} className="hover:bg-hover">
            <td className={classes(CELL, "!text-left")}>
              <span className="mono block truncate" title={one.model}>
                {one.model}
              </span>
              <span className={BENEATH}>
                <Others of={one} factor={factor} />
              </span>
            </td>
            <td className={classes(CELL, WIDER, "!text-left text-muted")} title={one.vendor}>
              {one.vendor || "–"}
            </td>
            <td className={classes(CELL, "!text-left max-xl:hidden")}>
              <Abilities of={one} />
            </td>
            {isAdmin && (
              <td
                className={classes(CELL, "truncate !text-left text-muted max-xl:hidden")}
                title={one.groups.join(", ")}
              >
                {one.groups.join(", ")}
              </td>
            )}
            <td className={classes(CELL, WIDER, "text-muted")}>{one.context ? compact(one.context) : "–"}</td>
            <td className={CELL}>
              <Price of={one.prices} unit="input" factor={factor} />
            </td>
            <td className={classes(CELL, "text-muted max-sm:hidden")}>
              <Price of={one.prices} unit="cache_read" factor={factor} />
            </td>
            <td className={CELL}>
              <Price of={one.prices} unit="output" factor={factor} />
            </td>
            <td className={classes(CELL, WIDE, "!whitespace-normal !text-left !pl-8 py-1 text-muted")}>
              <Others of={one} factor={factor} />
            </td>
            <td className={classes(CELL, "max-sm:hidden")}>
              <span className="flex items-center justify-end gap-1">
                <IconButton
                  label={`${t("action.copy")} ${one.model}`}
                  className="!size-6"
                  onClick={() => copy(one.model, t("model.copied"))}
                >
                  <Copy className="!size-3.5" aria-hidden />
                </IconButton>
                <Link
                  to="/playground"
                  search={{ model: one.model } as never}
                  aria-label={`${t("model.try")} ${one.model}`}
                  className="rounded px-1.5 text-muted hover:bg-hover hover:text-text"
                >
                  {t("model.try")}
                </Link>
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const ABILITIES = ["image", "audio", "video", "file", "tools", "reasoning"] as const;
const KINDS = [
  "embedding",
  "rerank",
  "image_generation",
  "video_generation",
  "audio_speech",
  "audio_transcription",
  "realtime",
  "ocr",
  "moderation",
] as const;

/** What it takes beside text, what it can do, and when its vendor gives it up. */
function Abilities({ of }: { of: ModelPrice }) {
  const { t } = useTranslation();
  const kind = KINDS.find((one) => one === of.kind);
  const words = [
    kind && t(`model.kinds.${kind}`),
    ...ABILITIES.filter((one) => !kind && of.can.includes(one)).map((one) => t(`model.abilities.${one}`)),
  ].filter(Boolean);
  return (
    <span className="block truncate text-muted" title={words.join(", ")}>
      {of.retires && <span className="text-warn">{t("model.retires", { day: of.retires })} </span>}
      {words.join(", ") || "–"}
    </span>
  );
}

/** Nobody has priced it; root is led to where that is done. */
function NoPrice({ model }: { model: string }) {
  const { t } = useTranslation();
  const isRoot = useIsRoot();
  const state = <State tone="warn">{t("model.noPrice")}</State>;
  if (!isRoot) return state;
  return (
    <Link
      to="/models"
      search={{ tab: "own", open: model } as never}
      className="hover:underline"
      title={t("prices.edit", { model })}
    >
      {state}
    </Link>
  );
}

const OTHERS = [
  "cache_write",
  "audio_input",
  "audio_output",
  "character",
  "image",
  "second",
  "call",
] as const;

/** What else it charges for, and from what length on it costs more. */
function Others({ of, factor }: { of: ModelPrice; factor: number }) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const priced = OTHERS.filter((unit) => of.prices[unit]);
  return (
    <span className="flex flex-wrap gap-x-3">
      {isAdmin && of.source === "default" && <NoPrice model={of.model} />}
      {priced.map((unit) => (
        <span key={unit}>
          {t(`model.units.${unit}`)} <Price of={of.prices} unit={unit} factor={factor} />
        </span>
      ))}
      {of.long_from > 0 && (
        <span>
          {t("model.long", { count: of.long_from, tokens: compact(of.long_from) })}{" "}
          <Price of={of.long_prices} unit="input" factor={factor} /> /{" "}
          <Price of={of.long_prices} unit="output" factor={factor} />
        </span>
      )}
    </span>
  );
}
