import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { OwnPrice } from "@/api/types";
import { Button } from "@/ui/Button";
import { Choices } from "@/ui/Choices";
import { Drawer, DrawerFoot, useUnsaved } from "@/ui/Drawer";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { SendKeys } from "@/ui/Kbd";
import { Note } from "@/ui/Note";
import { sayError } from "@/ui/toasts";
import { entriesOf, isOfMillion, type Mode, modeOf, TOKEN_UNITS, typedOf, type Usd, wrongIn } from "./own";
import { useSavePrices } from "./useSavePrices";

const FORM = "own-price";

/** A model's price, typed in USD, each beside the catalogue's. */
export function OwnDrawer({ row, onClose }: { row: OwnPrice; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSavePrices();
  const [mode, setMode] = useState<Mode>(modeOf(row));
  const [typed, setTyped] = useState<Usd>(typedOf(row.now));
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const hasCatalogue = Object.keys(row.catalogue).length > 0;
  const own = modeOf({ ...row, now: {} });
  const wrong = wrongIn(mode, typed);
  // behind the address stands by which package it was read
  const [address] = row.source.split(" ");
  const release = useRef(() => {});
  const done = async (entries: ReturnType<typeof entriesOf>, said: string) => {
    setBusy(true);
    try {
      await save([{ row, entries }], said);
      release.current();
      onClose();
    } catch (error) {
      sayError(error);
    } finally {
      setBusy(false);
    }
  };
  const isChanged = mode !== modeOf(row) || JSON.stringify(typed) !== JSON.stringify(typedOf(row.now));
  const submit = () => {
    setTried(true);
    if (Object.keys(wrong).length > 0) return;
    done(entriesOf(row, mode, typed), t("prices.saved", { model: row.model }));
  };
  return (
    <Drawer
      onClose={onClose}
      focusesForm
      footer={
        <DrawerFoot>
          <Button look="primary" type="submit" form={FORM} isBusy={isBusy}>
            {t("action.save")} <SendKeys />
          </Button>
          {hasCatalogue && row.entries.length > 0 && (
            <Button disabled={isBusy} onClick={() => done([], t("prices.taken", { count: 1 }))}>
              {t("prices.takeOne")}
            </Button>
          )}
        </DrawerFoot>
      }
      title={<span className="mono truncate">{row.model}</span>}
      subtitle={t(`prices.originsLong.${row.origin as "own"}`)}
    >
      <Body isChanged={isChanged && !isBusy} onSave={submit} onRelease={release}>
        <Choices
          label={t("prices.mode")}
          value={mode}
          onChange={setMode}
          choices={[...new Set<Mode>([own, "call"])].map((one) => ({
            value: one,
            label: t(`prices.modes.${one}`),
          }))}
        />
        <div className="grid grid-cols-2 gap-x-3 gap-y-3.5 max-sm:grid-cols-1">
          {(mode === "tokens" ? TOKEN_UNITS : [mode]).map((unit) => {
            const known = typedOf(row.catalogue)[unit];
            const fault = isTried || typed[unit] ? wrong[unit] : undefined;
            return (
              <Field
                key={unit}
                label={t(`prices.units.${unit}`)}
                error={fault && t(`prices.${fault}`)}
                action={
                  known !== undefined &&
                  known !== typed[unit] && (
                    <button
                      type="button"
                      onClick={() => setTyped({ ...typed, [unit]: known })}
                      className="text-accent-text text-sm hover:underline"
                    >
                      {t("prices.useCatalogue", { price: known })}
                    </button>
                  )
                }
              >
                <Input
                  inputMode="decimal"
                  value={typed[unit] ?? ""}
                  placeholder={unit === "input" || mode !== "tokens" ? "" : t("prices.asInput")}
                  onValueChange={(text) => setTyped({ ...typed, [unit]: text })}
                  end={
                    <span className="text-muted text-sm">
                      {t(isOfMillion(unit) ? "prices.usdOfMillion" : "prices.usd")}
                    </span>
                  }
                />
              </Field>
            );
          })}
        </div>
        {address?.startsWith("http") && (
          <p className="text-muted text-sm">
            {t("prices.source", { date: row.date })}{" "}
            <a href={address} target="_blank" rel="noreferrer" className="underline wrap-anywhere">
              {address?.replace(/^https?:\/\//, "")}
            </a>
          </p>
        )}
        <p className="text-muted text-sm">{t("prices.help")}</p>
        {!hasCatalogue && <Note>{t("prices.noCatalogue")}</Note>}
      </Body>
    </Drawer>
  );
}

interface BodyProps {
  isChanged: boolean;
  onSave: () => void;
  onRelease: React.RefObject<() => void>;
  children: React.ReactNode;
}

/** Within the drawer, which asks before what was typed is lost. */
function Body({ isChanged, onSave, onRelease, children }: BodyProps) {
  onRelease.current = useUnsaved(isChanged);
  return (
    <form
      id={FORM}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
        event.preventDefault();
        onSave();
      }}
      className="flex flex-col gap-4"
    >
      {children}
    </form>
  );
}
