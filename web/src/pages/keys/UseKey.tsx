import { useQuery } from "@tanstack/react-query";
import { Copy, ExternalLink } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { ApiKey } from "@/api/types";
import { siteAddress } from "@/base";
import { useSite } from "@/session";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { classes } from "@/ui/class";
import { copy } from "@/ui/copy";
import { Dialog } from "@/ui/Dialog";
import { Field } from "@/ui/Field";
import { Picker } from "@/ui/Picker";
import { Select } from "@/ui/Select";
import { offered, shown, type Told } from "./forms";

const GROUPS = ["programs", "code"] as const;

/** A key in the forms of many programs, with this site's address. */
export function UseKey({ row, onClose }: { row: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  const site = useSite();
  const available = useQuery({
    queryKey: ["available-models"],
    queryFn: () => get<string[]>("/api/user/available_models"),
  });
  const own = (row.models ?? "").split(",").filter(Boolean);
  const models = own.length ? own : (available.data ?? []);
  const [chosen, setChosen] = useState<string>();
  const [id, setId] = useState("curl");
  const forms = offered();
  const form = forms.find((one) => one.id === id) ?? forms[0];
  const told: Told = {
    address: siteAddress(site.server_address),
    key: `sk-${row.key}`,
    model: chosen ?? models[0] ?? "gpt-4o-mini",
    site: site.system_name || "One API",
    chatLink: site.chat_link,
  };
  if (!form) return null;
  return (
    <Dialog isOpen onClose={onClose} title={t("use.title", { name: row.name })} isWide>
      <div className="flex gap-5 max-sm:flex-col max-sm:gap-3">
        <div className="sm:hidden">
          <Field label={t("use.programs")}>
            <Select
              value={form.id}
              onChange={setId}
              choices={forms.map((one) => ({ value: one.id, label: one.name }))}
            />
          </Field>
        </div>
        <div className="w-44 shrink-0 max-sm:hidden">
          {GROUPS.map((group) => (
            <div key={group} className="mb-3">
              <p className="mb-1 px-2 text-muted text-xs">{t(`use.${group}`)}</p>
              <ul>
                {forms
                  .filter((one) => one.group === group)
                  .map((one) => (
                    <li key={one.id}>
                      <button
                        type="button"
                        aria-pressed={one.id === form.id}
                        onClick={() => setId(one.id)}
                        className={classes(
                          "h-7 w-full whitespace-nowrap rounded px-2 text-left",
                          one.id === form.id
                            ? "bg-text/7 font-medium"
                            : "text-muted hover:bg-hover hover:text-text",
                        )}
                      >
                        {one.name}
                      </button>
                    </li>
                  ))}
              </ul>
            </div>
          ))}
        </div>
        <div className="flex min-w-0 flex-1 flex-col gap-3">
          <Field label={t("use.model")}>
            <Picker
              isMono
              value={told.model}
              onChange={setChosen}
              choices={models.map((model) => ({ value: model, label: model }))}
            />
          </Field>
          <Code text={shown(form, told)} />
          <div className="flex flex-wrap items-center gap-2">
            <Button
              look="primary"
              icon={<Copy aria-hidden />}
              onClick={() => copy(form.text(told), form.name)}
            >
              {t("action.copy")}
            </Button>
            {form.isLink && (
              <Button
                icon={<ExternalLink aria-hidden />}
                onClick={() => window.open(form.text(told), "_blank", "noopener")}
              >
                {t("use.openIn", { name: form.name })}
              </Button>
            )}
          </div>
          <p className="text-muted text-sm">{t("use.help")}</p>
        </div>
      </div>
    </Dialog>
  );
}
