import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./Button";
import { classes } from "./class";

const PANEL =
  "fade fixed top-1/2 left-1/2 z-50 flex max-h-[calc(100dvh-32px)] w-[calc(100vw-24px)] -translate-x-1/2 -translate-y-1/2 flex-col rounded-lg border border-line-strong bg-raise shadow-pop outline-none";
const VEIL = "fade fixed inset-0 z-50 bg-veil";

interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  isWide?: boolean;
}

export function Dialog({ isOpen, onClose, title, children, footer, isWide }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Base.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop forceRender className={VEIL} />
        <Base.Popup className={classes(PANEL, isWide ? "max-w-180" : "max-w-110")}>
          <div className="flex items-center gap-2 border-line border-b py-2.5 pr-2.5 pl-4">
            <Base.Title className="flex-1 font-semibold text-lg">{title}</Base.Title>
            <Base.Close render={<IconButton label={t("action.close")} />}>
              <X aria-hidden />
            </Base.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto p-4">{children}</div>
          {footer && <div className="flex justify-end gap-2 border-line border-t px-4 py-2.5">{footer}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ConfirmProps {
  isOpen: boolean;
  title: ReactNode;
  children?: ReactNode;
  action: ReactNode;
  isDangerous?: boolean;
  isBusy?: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}

/** A question before something that cannot be taken back; it says what will happen, not "are you sure". */
export function Confirm(props: ConfirmProps) {
  const { isOpen, title, children, action, isDangerous, isBusy, onConfirm, onCancel } = props;
  const { t } = useTranslation();
  return (
    <AlertDialog.Root open={isOpen} onOpenChange={(open) => !open && onCancel()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop forceRender className={classes(VEIL, "z-60")} />
        <AlertDialog.Popup className={classes(PANEL, "z-60 max-w-100 gap-2 p-4")}>
          <AlertDialog.Title className="font-semibold text-lg">{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className="text-muted">
            {children}
          </AlertDialog.Description>
          <div className="mt-2 flex justify-end gap-2">
            <AlertDialog.Close render={<Button />}>{t("action.cancel")}</AlertDialog.Close>
            <Button look={isDangerous ? "danger" : "primary"} isBusy={isBusy} onClick={onConfirm}>
              {action}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
