import { ChevronDown, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Checkbox } from "@/ui/Checkbox";
import { Chip } from "@/ui/Chip";
import { classes } from "@/ui/class";
import { Popover } from "@/ui/Popover";
import { chosen, toggled, useAddress } from "./address";
import type { Filter } from "./types";

const SEARCHED_FROM = 9;

/** A filter as a chip: its name, or what is chosen; it opens what may be chosen. */
export function FilterChip({ filter }: { filter: Filter }) {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const [isOpen, setOpen] = useState(false);
  const values = filter.shortcuts?.includes(search[filter.id] ?? "") ? [] : chosen(search, filter.id);
  const names = values.map(
    (value) => filter.choices?.find((choice) => choice.value === value)?.label ?? value,
  );
  return (
    <span className="inline-flex shrink-0 items-center">
      <Popover
        isOpen={isOpen}
        onOpenChange={setOpen}
        className="w-60"
        trigger={
          <Chip
            isOn={values.length > 0}
            className={classes("max-w-60", values.length > 0 && "rounded-r-none border-r-0 pr-1")}
          >
            <span className={classes("truncate", filter.isMono && values.length > 0 && "mono")}>
              {values.length === 0
                ? filter.label
                : values.length > 2
                  ? t("list.chosen", { name: filter.label, count: values.length })
                  : names.map((name, place) => (
                      <span key={values[place]}>
                        {place > 0 && ", "}
                        {name}
                      </span>
                    ))}
            </span>
            {values.length === 0 && <ChevronDown aria-hidden />}
          </Chip>
        }
      >
        <Choices filter={filter} close={() => setOpen(false)} />
      </Popover>
      {values.length > 0 && (
        <button
          type="button"
          aria-label={t("list.clearFilter", { name: filter.label })}
          onClick={() => change({ [filter.id]: undefined, page: undefined })}
          className="inline-flex h-6 items-center rounded-r-full border border-accent border-l-0 bg-sel pr-2 pl-0.5 text-accent-text max-sm:h-8"
        >
          <X className="size-3" aria-hidden />
        </button>
      )}
    </span>
  );
}

function Choices({ filter, close }: { filter: Filter; close: () => void }) {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const [text, setText] = useState("");
  const values = chosen(search, filter.id);
  const wanted = text.trim().toLowerCase();
  const all = filter.choices ?? [];
  const fitting = all.filter((choice) => `${choice.value} ${choice.label}`.toLowerCase().includes(wanted));
  const canType = !filter.choices || filter.isOpen;
  const typed = (event: React.FormEvent) => {
    event.preventDefault();
    const value = canType ? text.trim() : fitting[0]?.value;
    if (value) change(toggled(search, filter.id, value));
    close();
  };
  return (
    <form onSubmit={typed}>
      {(canType || all.length >= SEARCHED_FROM) && (
        <div className="mb-1 flex gap-1">
          <input
            // biome-ignore lint/a11y/noAutofocus: the popover has been opened to type into it
            autoFocus
            value={text}
            onChange={(event) => setText(event.target.value)}
            aria-label={filter.label}
            placeholder={filter.label}
            className={classes("field-box h-7 min-w-0 flex-1 px-2 outline-none", filter.isMono && "mono")}
          />
          {canType && (
            <Button type="submit" disabled={!wanted}>
              {t("action.apply")}
            </Button>
          )}
        </div>
      )}
      <div className="max-h-72 overflow-y-auto">
        {fitting.map((choice) => (
          // biome-ignore lint/a11y/noLabelWithoutControl: the checkbox is inside
          <label
            key={choice.value}
            className="flex min-h-7 items-center gap-2 rounded px-2 hover:bg-hover max-sm:min-h-9"
          >
            <Checkbox
              label={String(choice.value)}
              isChecked={values.includes(choice.value)}
              onChange={() => change(toggled(search, filter.id, choice.value))}
            />
            <span className={classes("min-w-0 flex-1 truncate", filter.isMono && "mono")}>
              {choice.label}
            </span>
          </label>
        ))}
      </div>
    </form>
  );
}
