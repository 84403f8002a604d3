import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Progress } from "@/ui/Progress";
import { type Change, changeAll } from "./overAll";

interface ChangeRowsProps<Row> extends Omit<Change<Row>, "told" | "isStopped"> {
  title: string;
  isReady: boolean;
  onClose: () => void;
  children: ReactNode;
}

/** A dialog with fields, whose values several rows get. */
export function ChangeRows<Row>({ title, isReady, onClose, children, ...change }: ChangeRowsProps<Row>) {
  const { t } = useTranslation();
  const [done, setDone] = useState<number>();
  const all = change.rows.length;
  const save = async () => {
    setDone(0);
    await changeAll({ ...change, told: setDone });
    onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={title}
      footer={
        <>
          {done !== undefined && <Progress share={done / all} label={t("bulk.progress", { done, all })} />}
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button look="primary" isBusy={done !== undefined} disabled={!isReady} onClick={save}>
            {t("action.save")}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
