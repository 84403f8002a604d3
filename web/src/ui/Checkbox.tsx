import { Checkbox as Base } from "@base-ui/react/checkbox";
import { Check, Minus } from "lucide-react";

interface CheckboxProps {
  isChecked: boolean;
  isPartly?: boolean;
  label: string;
  onChange: (isChecked: boolean) => void;
}

export function Checkbox({ isChecked, isPartly, label, onChange }: CheckboxProps) {
  return (
    <Base.Root
      checked={isChecked}
      indeterminate={isPartly}
      onCheckedChange={onChange}
      aria-label={label}
      className="flex size-3.5 shrink-0 items-center justify-center rounded-sm border border-line-strong bg-panel data-checked:border-accent data-indeterminate:border-accent data-checked:bg-accent data-indeterminate:bg-accent"
    >
      <Base.Indicator className="text-on-accent [&_svg]:size-3">
        {isPartly ? <Minus strokeWidth={3} aria-hidden /> : <Check strokeWidth={3} aria-hidden />}
      </Base.Indicator>
    </Base.Root>
  );
}
