import { Dialog as Base } from "@base-ui/react/dialog";
import { useBlocker } from "@tanstack/react-router";
import { X } from "lucide-react";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { noteUnsaved } from "@/ended";
import { IconButton } from "./Button";
import { classes } from "./class";
import { Confirm } from "./Dialog";

const Unsaved = createContext<(isUnsaved: boolean) => void>(() => {});

/** Tell the drawer around that something in it would be lost; returns how to take that back at once. */
export function useUnsaved(isUnsaved: boolean): () => void {
  const tell = useContext(Unsaved);
  useEffect(() => {
    tell(isUnsaved);
    return () => tell(false);
  }, [tell, isUnsaved]);
  return useCallback(() => tell(false), [tell]);
}

/** Ask before a page is left whose changes are not saved; returns the question, to be drawn. */
export function useUnsavedPage(isUnsaved: boolean): ReactNode {
  const { t } = useTranslation();
  const whose = useRef(null);
  useEffect(() => {
    noteUnsaved(whose, isUnsaved);
    return () => noteUnsaved(whose, false);
  }, [isUnsaved]);
  const leaving = useBlocker({
    shouldBlockFn: () => isUnsaved,
    enableBeforeUnload: () => isUnsaved,
    withResolver: true,
  });
  return (
    <Confirm
      isOpen={leaving.status === "blocked"}
      title={t("form.unsaved")}
      action={t("form.discard")}
      isDangerous
      onConfirm={() => leaving.proceed?.()}
      onCancel={() => leaving.reset?.()}
    >
      {t("form.unsavedHelp")}
    </Confirm>
  );
}

interface DrawerProps {
  onClose: () => void;
  title: ReactNode;
  subtitle?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  isWide?: boolean;
  /** Typing may begin at once. */
  focusesForm?: boolean;
}

/** What opens over a list, at its right edge; the list stays in reach beside it. */
export function Drawer({ onClose, title, subtitle, children, footer, isWide, focusesForm }: DrawerProps) {
  const { t } = useTranslation();
  const isUnsaved = useRef(false);
  const setUnsaved = useCallback((now: boolean) => {
    isUnsaved.current = now;
    noteUnsaved(isUnsaved, now);
  }, []);
  useEffect(() => () => noteUnsaved(isUnsaved, false), []);
  const popup = useRef<HTMLDivElement>(null);
  const leaving = useBlocker({
    shouldBlockFn: () => isUnsaved.current,
    enableBeforeUnload: () => isUnsaved.current,
    withResolver: true,
  });
  return (
    <Base.Root
      open
      modal={false}
      disablePointerDismissal
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Base.Portal>
        <Base.Popup
          ref={popup}
          initialFocus={() =>
            (focusesForm && popup.current?.querySelector<HTMLElement>("form input, form textarea")) ||
            popup.current
          }
          className={classes(
            "slide fixed top-11 right-0 bottom-0 z-40 flex w-full flex-col border-line-strong border-l bg-raise shadow-[-8px_0_24px_#0000000d] outline-none max-sm:top-0 max-sm:border-l-0",
            isWide ? "sm:max-w-140" : "sm:max-w-130",
          )}
        >
          <div className="shrink-0 border-line border-b px-5 pt-3 pb-2.5 max-sm:px-4">
            <div className="flex min-h-7 items-center gap-2">
              <Base.Title className="flex min-w-0 items-center gap-2 font-semibold text-lg">
                {title}
              </Base.Title>
              <Base.Close render={<IconButton label={t("action.close")} className="-mr-2 ml-auto" />}>
                <X aria-hidden />
              </Base.Close>
            </div>
            {subtitle && <div className="text-muted">{subtitle}</div>}
          </div>
          <Unsaved.Provider value={setUnsaved}>
            <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4 max-sm:px-4">{children}</div>
            {footer}
          </Unsaved.Provider>
        </Base.Popup>
      </Base.Portal>
      <Confirm
        isOpen={leaving.status === "blocked"}
        title={t("form.unsaved")}
        action={t("form.discard")}
        isDangerous
        onConfirm={() => leaving.proceed?.()}
        onCancel={() => leaving.reset?.()}
      >
        {t("form.unsavedHelp")}
      </Confirm>
    </Base.Root>
  );
}

/** The buttons at the drawer's lower edge. */
export function DrawerFoot({ children }: { children: ReactNode }) {
  return (
    <div className="flex shrink-0 flex-wrap items-center gap-2 border-line border-t px-5 py-2.5 max-sm:px-4">
      {children}
    </div>
  );
}
