import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Refusal } from "@/api/call";
import type { Channel, Probe } from "@/api/types";
import { duration } from "@/format/time";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Progress } from "@/ui/Progress";
import { State } from "@/ui/State";
import { testSaved } from "./probe";

const AT_ONCE = 3;

interface Result {
  probe: Probe | undefined;
  error: string;
}

/** Channels tested one after the other, with what each answered. */
export function TestRun({ channels, onClose }: { channels: Channel[]; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [results, setResults] = useState<ReadonlyMap<number, Result>>(new Map());
  const isStopped = useRef(false);
  useEffect(() => {
    isStopped.current = false;
    const waiting = [...channels];
    const keep = (id: number, result: Result) => setResults((old) => new Map(old).set(id, result));
    const worker = async () => {
      for (let row = waiting.shift(); row && !isStopped.current; row = waiting.shift()) {
        try {
          keep(row.id, { probe: await testSaved(row.id), error: "" });
        } catch (error) {
          const probe = error instanceof Refusal ? (error.data as Probe | undefined) : undefined;
          keep(row.id, { probe, error: error instanceof Error ? error.message : String(error) });
        }
      }
    };
    Promise.all(Array.from({ length: AT_ONCE }, worker)).then(() =>
      client.invalidateQueries({ queryKey: ["list", "/api/channel/"] }),
    );
    return () => {
      isStopped.current = true;
    };
  }, [channels, client]);
  const failed = [...results.values()].filter((result) => result.error).length;
  const isDone = results.size === channels.length;
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title={t("channel.test")}
      footer={<Button onClick={onClose}>{isDone ? t("action.close") : t("bulk.stop")}</Button>}
    >
      <div className="mb-3 flex items-center gap-3 text-muted" aria-live="polite">
        <Progress
          share={results.size / Math.max(1, channels.length)}
          label={t("bulk.progress", { done: results.size, all: channels.length })}
        />
        {isDone
          ? t("job.done", { count: results.size, failed })
          : t("bulk.progress", { done: results.size, all: channels.length })}
      </div>
      <ul>
        {channels.map((row) => {
          const result = results.get(row.id);
          return (
            <li key={row.id} className="flex min-h-8 gap-3 border-line border-b py-1.5 last:border-0">
              <span className="w-36 shrink-0 truncate font-medium">{row.name}</span>
              <span className="w-20 shrink-0">
                {result ? (
                  <State tone={result.error ? "bad" : "good"}>
                    {result.probe ? duration(result.probe.time_ms) : "–"}
                  </State>
                ) : (
                  <span className="text-muted">{t("job.waiting")}</span>
                )}
              </span>
              <span
                className={result?.error ? "min-w-0 break-words text-bad" : "min-w-0 truncate text-muted"}
              >
                {result?.error || result?.probe?.answer}
              </span>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
