import { classes } from "./class";

interface CheckboxProps {
  isChecked: boolean;
  isPartly?: boolean;
  label: string;
  onChange: (isChecked: boolean) => void;
}

const BOX =
  "relative size-3.5 shrink-0 cursor-pointer appearance-none rounded-sm border border-line-strong bg-panel align-middle";
const ON =
  "checked:border-accent checked:bg-accent indeterminate:border-accent indeterminate:bg-accent before:absolute before:inset-px before:bg-on-accent before:opacity-0 checked:before:opacity-100 indeterminate:before:opacity-100";
const CHECK = "before:[clip-path:polygon(14%_44%,0_62%,40%_96%,100%_20%,83%_4%,37%_62%)]";
const DASH = "before:[clip-path:inset(40%_8%)]";

/** The browser's own, drawn by us: a list has one in every row. */
export function Checkbox({ isChecked, isPartly = false, label, onChange }: CheckboxProps) {
  return (
    <input
      type="checkbox"
      aria-label={label}
      checked={isChecked}
      onChange={(event) => onChange(event.target.checked)}
      ref={(box) => {
        if (box) box.indeterminate = isPartly;
      }}
      className={classes(BOX, ON, isPartly ? DASH : CHECK)}
    />
  );
}
