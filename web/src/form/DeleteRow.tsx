import { useState } from "react";
import { useTranslation } from "react-i18next";
import { remove } from "@/api/call";
import type { ApiPath } from "@/api/types";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { say, sayError } from "@/ui/toasts";

interface DeleteRowProps {
  path: ApiPath;
  question: string;
  /** What is said when it is gone. */
  said: string;
  onDeleted: () => void;
}

/** At the end of a drawer's foot: deletes its row, after a question. */
export function DeleteRow({ path, question, said, onDeleted }: DeleteRowProps) {
  const { t } = useTranslation();
  const [isAsking, setAsking] = useState(false);
  const drop = async () => {
    setAsking(false); // whoever presses twice has asked once
    try {
      await remove(path);
      say("good", said);
      onDeleted();
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <>
      <Button look="quiet" className="ml-auto !text-bad" onClick={() => setAsking(true)}>
        {t("action.delete")}
      </Button>
      <Confirm
        isOpen={isAsking}
        title={t("action.delete")}
        action={t("action.delete")}
        isDangerous
        onConfirm={drop}
        onCancel={() => setAsking(false)}
      >
        {question}
      </Confirm>
    </>
  );
}
