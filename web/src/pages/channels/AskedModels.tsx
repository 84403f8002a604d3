import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Channel, Provider } from "@/api/types";
import type { DataForm } from "@/form/useDataForm";
import { Button } from "@/ui/Button";
import { Popover } from "@/ui/Popover";
import { channelDocument } from "./document";
import { vendorModels } from "./probe";

interface AskedModelsProps {
  form: DataForm;
  row: Channel | undefined;
  provider: Provider | undefined;
}

/** Fill in the models that the vendor is known for, or ask the vendor itself and compare. */
export function AskedModels({ form, row, provider }: AskedModelsProps) {
  const { t } = useTranslation();
  const [listed, setListed] = useState<string[]>();
  const [isBusy, setBusy] = useState(false);
  const current = String(form.form.watch("models") ?? "")
    .split(",")
    .filter(Boolean);
  const set = (models: string[]) =>
    form.form.setValue("models", [...new Set(models)].join(","), { shouldDirty: true });
  const ask = async () => {
    setBusy(true);
    form.forget();
    try {
      setListed(await vendorModels(channelDocument(form.form.getValues(), row)));
    } catch (error) {
      form.refuse(error);
    } finally {
      setBusy(false);
    }
  };
  const known = new Set(current);
  const fresh = (listed ?? []).filter((model) => !known.has(model));
  const gone = current.filter((model) => !(listed ?? []).includes(model));
  return (
    <span className="flex gap-3">
      {!!provider?.models.length && (
        <button
          type="button"
          className="hover:text-text"
          onClick={() => set([...current, ...provider.models])}
        >
          {t("channel.fill")}
        </button>
      )}
      {provider?.lists_models !== false && (
        <Popover
          align="end"
          className="w-72"
          isOpen={!!listed}
          onOpenChange={(isOpen) => {
            if (isOpen) ask();
            else setListed(undefined);
          }}
          trigger={
            <button
              type="button"
              disabled={isBusy}
              aria-busy={isBusy}
              className="hover:text-text disabled:opacity-50"
            >
              {t("channel.ask")}
            </button>
          }
        >
          <div className="flex flex-col gap-2 p-2">
            <p>{t("channel.askTold", { count: listed?.length ?? 0 })}</p>
            {fresh.length > 0 && (
              <Button onClick={() => set([...current, ...fresh])}>
                {t("channel.askAdd", { count: fresh.length })}
              </Button>
            )}
            {gone.length > 0 && (
              <Button onClick={() => set(current.filter((model) => !gone.includes(model)))}>
                {t("channel.askRemove", { count: gone.length })}
              </Button>
            )}
            {!fresh.length && !gone.length && <p className="text-muted">{t("channel.askNothing")}</p>}
          </div>
        </Popover>
      )}
    </span>
  );
}
