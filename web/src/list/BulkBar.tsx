import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { Progress } from "@/ui/Progress";
import { changeAll } from "./overAll";
import type { BulkAction } from "./types";

interface BulkBarProps<Row> {
  actions: BulkAction<Row>[];
  rows: Row[];
  rowName: (row: Row) => string;
  onDone: () => void;
}

/** What can be done to the rows that are selected; it says how far it is, and can be stopped. */
export function BulkBar<Row>({ actions, rows, rowName, onDone }: BulkBarProps<Row>) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<BulkAction<Row>>();
  const [done, setDone] = useState<number>();
  const isStopped = useRef(false);
  const run = async (action: BulkAction<Row>) => {
    setAsked(undefined);
    if (!action.run) return action.runAll?.(rows);
    isStopped.current = false;
    setDone(0);
    await changeAll({
      rows,
      rowName,
      write: action.run,
      back: action.undo,
      said: (count) => t("bulk.done", { count, action: action.label }),
      shown: onDone,
      told: setDone,
      isStopped: () => isStopped.current,
    });
    setDone(undefined);
  };
  const isRunning = done !== undefined;
  return (
    <section
      aria-label={t("bulk.selected", { count: rows.length })}
      className="flex min-h-10 shrink-0 flex-wrap items-center gap-1.5 border-accent border-t bg-sel px-4 py-1.5"
    >
      <span className="mr-2 font-medium text-accent-text">{t("bulk.selected", { count: rows.length })}</span>
      {isRunning ? (
        <>
          <Progress
            share={done / Math.max(1, rows.length)}
            label={t("bulk.progress", { done, all: rows.length })}
          />
          <span>{t("bulk.progress", { done, all: rows.length })}</span>
          <Button
            onClick={() => {
              isStopped.current = true;
            }}
          >
            {t("bulk.stop")}
          </Button>
        </>
      ) : (
        actions.map((action) => (
          <Button
            key={action.label}
            look={action.isDangerous ? "danger" : "plain"}
            icon={action.icon}
            onClick={() => (action.question ? setAsked(action) : run(action))}
          >
            {action.label}
          </Button>
        ))
      )}
      {!isRunning && (
        <Button look="quiet" className="ml-auto" onClick={onDone}>
          {t("bulk.none")}
        </Button>
      )}
      <Confirm
        isOpen={!!asked}
        title={asked?.label}
        action={asked?.label}
        isDangerous={asked?.isDangerous}
        onConfirm={() => asked && run(asked)}
        onCancel={() => setAsked(undefined)}
      >
        {asked?.question?.(rows.length)}
      </Confirm>
    </section>
  );
}
