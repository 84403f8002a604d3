import { Switch as Base } from "@base-ui/react/switch";
import { classes } from "./class";

interface SwitchProps {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  label?: string;
  disabled?: boolean;
}

/** On or off, at once. Inside a `Field` its label names it, elsewhere `label` does. */
export function Switch({ isOn, onChange, label, disabled }: SwitchProps) {
  return (
    <Base.Root
      checked={isOn}
      onCheckedChange={onChange}
      aria-label={label}
      disabled={disabled}
      className={classes(
        "relative flex h-4 w-7 shrink-0 items-center rounded-full border p-px after:absolute after:-inset-2 disabled:opacity-50 max-sm:h-5 max-sm:w-9",
        isOn ? "border-accent bg-accent" : "border-faint bg-hover",
      )}
    >
      <Base.Thumb
        className={classes(
          "size-3 rounded-full transition-transform duration-100 data-checked:translate-x-3 max-sm:size-4 max-sm:data-checked:translate-x-4",
          isOn ? "bg-on-accent" : "bg-faint",
        )}
      />
    </Base.Root>
  );
}
