import { Combobox } from "@base-ui/react/combobox";
import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "./class";
import { ITEM, POPUP } from "./popup";

interface PickerChoice {
  value: string;
  label: string;
  hint?: string;
}

interface PickerProps {
  value: string;
  choices: PickerChoice[];
  onChange: (value: string) => void;
  label?: string;
  placeholder?: string;
  isMono?: boolean;
  /** What it is, where the label is not drawn beside it. */
  icon?: ReactNode;
}

/** One of many: typed into to find it. */
export function Picker({ value, choices, onChange, label, placeholder, isMono, icon }: PickerProps) {
  const { t } = useTranslation();
  const current = choices.find((choice) => choice.value === value) ?? null;
  return (
    <Combobox.Root
      items={choices}
      value={current}
      onValueChange={(choice: PickerChoice | null) => choice && onChange(choice.value)}
      itemToStringLabel={(choice: PickerChoice) => choice.label}
      autoHighlight
    >
      <Combobox.InputGroup className="field-box flex h-[30px] items-center group-data-error/field:border-bad max-sm:h-9">
        {icon && <span className="pl-2.25 text-muted [&_svg]:size-3.5">{icon}</span>}
        <Combobox.Input
          aria-label={label}
          placeholder={placeholder}
          // What is typed next replaces the choice, as it does for those who come by the keyboard.
          onClick={(event) => event.currentTarget.select()}
          className={classes(
            "h-full min-w-0 flex-1 truncate bg-transparent pl-2.25 outline-none",
            isMono && "mono",
          )}
        />
        <Combobox.Trigger aria-label={t("form.open")} className="flex h-full items-center px-2 text-muted">
          <ChevronDown className="size-3.5" aria-hidden />
        </Combobox.Trigger>
      </Combobox.InputGroup>
      <Combobox.Portal>
        <Combobox.Positioner sideOffset={4} align="start" className="z-60">
          <Combobox.Popup className={classes(POPUP, "w-(--anchor-width) min-w-56")}>
            <Combobox.Empty>
              <p className="px-2 py-3 text-center text-muted">{t("command.nothing")}</p>
            </Combobox.Empty>
            <Combobox.List className="max-h-[min(20rem,var(--available-height))] overflow-y-auto">
              {(choice: PickerChoice) => (
                <Combobox.Item key={choice.value} value={choice} className={ITEM}>
                  <span className={classes("min-w-0 flex-1 truncate", isMono && "mono")}>{choice.label}</span>
                  {choice.hint && <span className="text-muted text-sm">{choice.hint}</span>}
                  <Combobox.ItemIndicator>
                    <Check aria-hidden />
                  </Combobox.ItemIndicator>
                </Combobox.Item>
              )}
            </Combobox.List>
          </Combobox.Popup>
        </Combobox.Positioner>
      </Combobox.Portal>
    </Combobox.Root>
  );
}
