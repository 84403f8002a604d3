import { Menu as Base } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ReactElement, ReactNode } from "react";
import { classes } from "./class";
import { ITEM, POPUP } from "./popup";

export interface MenuEntry {
  label: ReactNode;
  icon?: ReactNode;
  hint?: ReactNode;
  isDangerous?: boolean;
  isDisabled?: boolean;
  isChecked?: boolean;
  onSelect: () => void;
}

export interface MenuGroup {
  label?: ReactNode;
  /** Its entries exclude one another: the one that is checked. */
  isOneOf?: boolean;
  entries: MenuEntry[];
}

interface MenuProps {
  trigger: ReactElement;
  groups: MenuGroup[];
  align?: "start" | "end";
  side?: "top" | "bottom";
}

export function Menu({ trigger, groups, align = "end", side = "bottom" }: MenuProps) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align={align} side={side} sideOffset={4} className="z-50">
          <Base.Popup className={classes(POPUP, "max-h-(--available-height) min-w-44 overflow-y-auto")}>
            {groups.map((group, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the groups of a menu do not move
              <Base.Group key={index} className={classes(index > 0 && "mt-1 border-line border-t pt-1")}>
                {group.label && (
                  <Base.GroupLabel className="px-2 py-1 text-muted text-xs">{group.label}</Base.GroupLabel>
                )}
                {group.isOneOf ? (
                  <OneOf entries={group.entries} />
                ) : (
                  // biome-ignore lint/suspicious/noArrayIndexKey: nor do its entries
                  group.entries.map((entry, place) => <Entry key={place} {...entry} />)
                )}
              </Base.Group>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

function OneOf({ entries }: { entries: MenuEntry[] }) {
  return (
    <Base.RadioGroup
      value={entries.findIndex((entry) => entry.isChecked)}
      onValueChange={(place: number) => entries[place]?.onSelect()}
    >
      {entries.map((entry, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the entries of a menu do not move
        <Base.RadioItem key={place} value={place} className={ITEM}>
          <Content {...entry} />
          {entry.isChecked && <Check aria-hidden className="!text-accent" />}
        </Base.RadioItem>
      ))}
    </Base.RadioGroup>
  );
}

function Content({ label, icon, hint }: Pick<MenuEntry, "label" | "icon" | "hint">) {
  return (
    <>
      {icon}
      <span className="min-w-0 flex-1 truncate">{label}</span>
      {hint && <span className="text-muted text-sm">{hint}</span>}
    </>
  );
}

function Entry({ isDangerous, isDisabled, isChecked, onSelect, ...said }: MenuEntry) {
  const content = <Content {...said} />;
  const className = classes(ITEM, isDangerous && "text-bad");
  if (isChecked !== undefined) {
    return (
      <Base.CheckboxItem checked={isChecked} onCheckedChange={onSelect} className={className}>
        <span
          aria-hidden
          className={classes(
            "flex size-3.5 items-center justify-center rounded-sm border",
            isChecked ? "border-accent bg-accent text-on-accent" : "border-line-strong",
          )}
        >
          {isChecked && <Check className="!size-2.5 !text-on-accent" strokeWidth={3.5} />}
        </span>
        {content}
      </Base.CheckboxItem>
    );
  }
  return (
    <Base.Item disabled={isDisabled} onClick={onSelect} className={className}>
      {content}
    </Base.Item>
  );
}
