import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "./class";
import { ITEM, POPUP } from "./popup";

export interface Choice<Value extends string | number = string> {
  value: Value;
  label: ReactNode;
}

interface SelectProps<Value extends string | number> {
  value: Value;
  choices: Choice<Value>[];
  onChange: (value: Value) => void;
  label?: string;
  disabled?: boolean;
  className?: string;
}

/** One of a few. For many there is `Combobox`. */
export function Select<Value extends string | number>(props: SelectProps<Value>) {
  const { value, choices, onChange, label, disabled, className } = props;
  return (
    <Base.Root
      items={choices}
      value={value}
      onValueChange={(chosen) => chosen !== null && onChange(chosen as Value)}
      disabled={disabled}
    >
      <Base.Trigger
        aria-label={label}
        className={classes(
          "field-box flex h-[30px] w-full min-w-0 items-center gap-1.5 px-2.25 text-left group-data-error/field:border-bad disabled:opacity-60 max-sm:h-9",
          className,
        )}
      >
        <Base.Value className="min-w-0 flex-1 truncate" />
        <Base.Icon className="text-muted">
          <ChevronDown className="size-3.5" aria-hidden />
        </Base.Icon>
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={4} alignItemWithTrigger={false} className="z-50">
          <Base.Popup
            className={classes(
              POPUP,
              "max-h-[min(20rem,var(--available-height))] min-w-(--anchor-width) overflow-y-auto",
            )}
          >
            {choices.map((choice) => (
              <Base.Item key={choice.value} value={choice.value} className={ITEM}>
                <Base.ItemText className="min-w-0 flex-1 truncate">{choice.label}</Base.ItemText>
                <Base.ItemIndicator>
                  <Check className="size-3.5" aria-hidden />
                </Base.ItemIndicator>
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
