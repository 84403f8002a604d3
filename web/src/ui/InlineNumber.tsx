import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { wholeTyped } from "@/form/typed";
import { say, sayError } from "./toasts";

interface InlineNumberProps {
  value: number;
  label: string;
  save: (value: number) => Promise<unknown>;
  /** The list that shows it and must be asked for again. */
  list: string;
}

/** A number of a row that is changed where it stands: Enter or leaving saves, Escape does not. */
export function InlineNumber({ value, label, save, list }: InlineNumberProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState<string>();
  const finish = async (event: React.SyntheticEvent<HTMLInputElement>) => {
    const typed = event.currentTarget.value;
    const number = wholeTyped(typed);
    if (number === undefined && typed.trim() !== "") say("bad", `${label}: ${t("form.notWhole")}`);
    if (number !== undefined && number !== value) {
      try {
        await save(number);
        await client.invalidateQueries({ queryKey: ["list", list] });
      } catch (error) {
        sayError(error);
      }
    }
    setText(undefined);
  };
  return (
    <input
      aria-label={label}
      inputMode="numeric"
      value={text ?? String(value)}
      onChange={(event) => setText(event.target.value)}
      onFocus={(event) => event.target.select()}
      onBlur={finish}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") {
          event.stopPropagation();
          setText(undefined);
        }
      }}
      className="-mr-1.5 h-6 w-full rounded border border-transparent bg-transparent px-1.5 text-right hover:border-line-strong focus:border-line-strong focus:bg-panel"
    />
  );
}
