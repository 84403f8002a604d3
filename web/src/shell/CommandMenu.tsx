import { Dialog } from "@base-ui/react/dialog";
import { useRouter } from "@tanstack/react-router";
import { Languages, type LucideIcon, Search, SunMoon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { speak } from "@/text";
import { chooseTheme } from "@/theme";
import { classes } from "@/ui/class";
import { Kbd } from "@/ui/Kbd";
import { useFound } from "./commands";
import { PLACES, usePlaces } from "./navigation";
import { useSearchHint } from "./useSearchHint";

interface Command {
  id: string;
  icon: LucideIcon;
  kind: string;
  label: string;
  run: () => void;
}

/** Go anywhere, find anything, do the small things, without the mouse. */
export function CommandMenu({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const hint = useSearchHint();
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fade fixed inset-0 z-50 bg-veil" />
        <Dialog.Popup
          aria-label={hint}
          className="fade fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-24px)] max-w-140 -translate-x-1/2 overflow-hidden rounded-lg border border-line-strong bg-raise shadow-pop outline-none"
        >
          <Commands onDone={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function useCommands(text: string): Command[] {
  const { t, i18n } = useTranslation();
  const router = useRouter();
  const places: Command[] = usePlaces().map((place) => ({
    id: place.to,
    icon: place.icon,
    kind: t("command.goTo"),
    label: t(`place.${place.name}`),
    run: () => router.navigate({ to: place.to }),
  }));
  const acts: Command[] = [
    {
      id: "light",
      icon: SunMoon,
      kind: t("theme.name"),
      label: t("theme.light"),
      run: () => chooseTheme("light"),
    },
    {
      id: "dark",
      icon: SunMoon,
      kind: t("theme.name"),
      label: t("theme.dark"),
      run: () => chooseTheme("dark"),
    },
    {
      id: "language",
      icon: Languages,
      kind: t("command.do"),
      label: t("shell.otherLanguage"),
      run: () => speak(i18n.language === "zh" ? "en" : "zh"),
    },
  ];
  const wanted = text.trim().toLowerCase();
  const known = [...places, ...acts].filter((command) => command.label.toLowerCase().includes(wanted));
  const found = useFound(text).map((row) => ({
    id: `${row.kind}-${row.label}-${row.search.open}`,
    icon: PLACES.find((place) => place.to === row.to)?.icon ?? Search,
    kind: t(`command.${row.kind}`),
    label: row.label,
    run: () => router.navigate({ to: row.to, search: row.search }),
  }));
  return [...known, ...found];
}

function Commands({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const hint = useSearchHint();
  const [text, setText] = useState("");
  const [place, setPlace] = useState(0);
  const commands = useCommands(text);
  const current = Math.min(place, commands.length - 1);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onDone();
    command.run();
  };
  const pressed = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setPlace((current + step + commands.length) % Math.max(1, commands.length));
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(commands[current]);
    }
  };
  return (
    <>
      <div className="flex h-11 items-center gap-2 border-line border-b px-3">
        <Search className="size-4 text-muted" aria-hidden />
        <input
          // biome-ignore lint/a11y/noAutofocus: it was asked for by a key, and the next one is already its first letter
          autoFocus
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setPlace(0);
          }}
          onKeyDown={pressed}
          placeholder={hint}
          aria-label={hint}
          role="combobox"
          aria-expanded="true"
          aria-controls="commands"
          aria-activedescendant={commands[current] && `command-${current}`}
          className="h-full min-w-0 flex-1 bg-transparent outline-none"
        />
        <span className="max-sm:hidden">
          <Kbd>esc</Kbd>
        </span>
      </div>
      <div id="commands" role="listbox" aria-label={hint} className="max-h-[50vh] overflow-y-auto p-1">
        {commands.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and its keys
          // biome-ignore lint/a11y/useFocusableInteractive: likewise
          <div
            key={command.id}
            id={`command-${index}`}
            role="option"
            aria-selected={index === current}
            ref={index === current ? (element) => element?.scrollIntoView({ block: "nearest" }) : undefined}
            onClick={() => run(command)}
            onPointerMove={() => setPlace(index)}
            className={classes(
              "flex h-8 cursor-default items-center gap-2.5 rounded px-2 max-sm:h-10",
              index === current && "bg-hover",
            )}
          >
            <command.icon className="size-4 shrink-0 text-muted" aria-hidden />
            <span className="min-w-0 flex-1 truncate">{command.label}</span>
            <span className="shrink-0 text-muted text-sm">{command.kind}</span>
          </div>
        ))}
      </div>
      {commands.length === 0 && <p className="p-6 text-center text-muted">{t("command.nothing")}</p>}
    </>
  );
}
