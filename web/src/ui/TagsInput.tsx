import { Combobox } from "@base-ui/react/combobox";
import { Check, X } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { classes } from "./class";
import { AS_TYPED } from "./Input";
import { ITEM, POPUP } from "./popup";

const CHIPS_SHOWN = 14;
const CHOICES_SHOWN = 60;
const PARTS = /[,，\s]+/;
const COMMAS = /[,，]/;

interface TagsInputProps {
  values: string[];
  onChange: (values: string[]) => void;
  suggestions?: string[];
  /** Only the suggestions may be chosen. */
  isClosed?: boolean;
  isMono?: boolean;
  placeholder?: string | undefined;
  onBlur?: () => void;
}

/** Several names: chosen, typed, or pasted with commas, spaces or lines between them. */
export function TagsInput(props: TagsInputProps) {
  const { values, onChange, suggestions = [], isClosed, isMono, placeholder, onBlur } = props;
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [showsAll, setShowsAll] = useState(false);
  const highlighted = useRef<string | undefined>(undefined);
  const typed = text.trim();
  const items = isClosed || !typed || suggestions.includes(typed) ? suggestions : [...suggestions, typed];
  const add = (names: string[]) => {
    const parts = names.flatMap((name) => name.split(COMMAS)).map((name) => name.trim());
    const allowed = parts.filter((name) => name && (!isClosed || suggestions.includes(name)));
    onChange([...new Set([...values, ...allowed])]);
    setText("");
  };
  // What was typed counts when the field is left, too.
  const left = () => {
    if (typed) add([typed]);
  };
  const pressed = (event: React.KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "," || event.key === "，" || (event.key === "Enter" && !highlighted.current)) {
      if (typed) {
        event.preventDefault();
        add([typed]);
      } else if (event.key === "Enter" && !event.metaKey && !event.ctrlKey) event.preventDefault();
    }
  };
  const pasted = (event: React.ClipboardEvent) => {
    const names = event.clipboardData.getData("text").split(PARTS).filter(Boolean);
    if (names.length < 2) return;
    event.preventDefault();
    add(names);
  };
  const shown = showsAll ? values : values.slice(0, CHIPS_SHOWN);
  return (
    <Combobox.Root
      items={items}
      multiple
      limit={CHOICES_SHOWN}
      value={values}
      onValueChange={(chosen: string[], { reason, cancel, allowPropagation }) => {
        if (reason === "escape-key") {
          // Whoever wants out of the field does not want it emptied.
          cancel();
          allowPropagation();
          return;
        }
        onChange(chosen);
        setText("");
      }}
      onOpenChange={(_, { reason }) => {
        if (reason === "outside-press" || reason === "focus-out") left();
      }}
      inputValue={text}
      onInputValueChange={setText}
      onItemHighlighted={(item) => {
        highlighted.current = item as string | undefined;
      }}
    >
      <Combobox.InputGroup
        className={classes(
          "field-box flex min-h-[30px] flex-wrap items-center gap-1 px-1.5 py-[3px] group-data-error/field:border-bad max-sm:min-h-9",
        )}
      >
        <Combobox.Chips className="flex min-w-0 flex-1 flex-wrap items-center gap-1">
          {shown.map((value) => (
            <Combobox.Chip
              key={value}
              aria-label={value}
              className={classes(
                "inline-flex max-w-full items-center gap-1 rounded-sm border border-line bg-bg pl-1.5 text-muted text-sm outline-none data-highlighted:border-accent",
                isMono && "mono",
              )}
            >
              <span className="truncate">{value}</span>
              <Combobox.ChipRemove
                aria-label={t("form.remove", { name: value })}
                className="p-1 hover:text-text [&_svg]:size-3"
              >
                <X aria-hidden />
              </Combobox.ChipRemove>
            </Combobox.Chip>
          ))}
          {values.length > shown.length && (
            <button
              type="button"
              className="px-1 text-muted hover:text-text"
              onClick={() => setShowsAll(true)}
            >
              +{values.length - shown.length}
            </button>
          )}
          <Combobox.Input
            {...(isMono && AS_TYPED)}
            onKeyDown={pressed}
            onPaste={pasted}
            onBlur={() => {
              left();
              onBlur?.();
            }}
            placeholder={values.length ? "" : placeholder}
            className={classes("h-5.5 min-w-20 flex-1 bg-transparent px-1 outline-none", isMono && "mono")}
          />
        </Combobox.Chips>
      </Combobox.InputGroup>
      {items.length > 0 && (
        <Combobox.Portal>
          <Combobox.Positioner sideOffset={4} align="start" className="z-60">
            <Combobox.Popup className={classes(POPUP, "w-(--anchor-width)")}>
              <Combobox.List className="max-h-[min(18rem,var(--available-height))] overflow-y-auto">
                {(item: string) => (
                  <Combobox.Item key={item} value={item} className={ITEM}>
                    <span className={classes("min-w-0 flex-1 truncate", isMono && "mono")}>
                      {suggestions.includes(item) ? item : t("form.add", { name: item })}
                    </span>
                    <Combobox.ItemIndicator>
                      <Check aria-hidden />
                    </Combobox.ItemIndicator>
                  </Combobox.Item>
                )}
              </Combobox.List>
            </Combobox.Popup>
          </Combobox.Positioner>
        </Combobox.Portal>
      )}
    </Combobox.Root>
  );
}
