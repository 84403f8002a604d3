import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./Button";
import { dismiss, useToasts } from "./toasts";

const ICONS = {
  good: <CircleCheck className="text-good" aria-hidden />,
  bad: <CircleAlert className="text-bad" aria-hidden />,
  plain: <Info className="text-muted" aria-hidden />,
};

/** What was said in passing, at the lower left edge, above the bars that stand there: no button is beneath it. */
export function Toasts() {
  const { t } = useTranslation();
  const toasts = useToasts();
  return (
    <section
      aria-label={t("shell.messages")}
      aria-live="polite"
      className="pointer-events-none fixed bottom-14 left-4 z-70 flex w-90 max-w-[calc(100vw-32px)] flex-col gap-2 max-md:bottom-28"
    >
      {toasts.map((toast) => (
        <div
          key={toast.id}
          className="pointer-events-auto flex items-start gap-2 rounded-lg border border-line-strong bg-raise py-1.5 pr-1.5 pl-3 shadow-pop [&>svg]:mt-1.5 [&>svg]:size-4 [&>svg]:shrink-0"
        >
          {ICONS[toast.tone]}
          <p className="min-w-0 flex-1 self-center break-words py-1">{toast.text}</p>
          {toast.action && (
            <Button
              look="quiet"
              onClick={() => {
                toast.action?.run();
                dismiss(toast.id);
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <IconButton label={t("action.close")} onClick={() => dismiss(toast.id)}>
            <X aria-hidden />
          </IconButton>
        </div>
      ))}
    </section>
  );
}
