import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { ask } from "@/api/call";
import type { Job, JobItem, Page } from "@/api/types";
import { grouped } from "@/format/money";
import { duration } from "@/format/time";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Loading } from "@/ui/Loading";
import { Note } from "@/ui/Note";
import { Progress } from "@/ui/Progress";
import { State, type Tone } from "@/ui/State";
import { sayError } from "@/ui/toasts";
import { cancel, isActive, jobById } from "./job";

const LOOK_SECONDS = 1;
const SHOWN = 100;
const TONES: Record<string, Tone> = { passed: "good", failed: "bad", skipped: "off" };

/** A job while it runs and after: how far it is, what came of each subject, and how to end it. */
export function JobDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const {
    data: job,
    error,
    refetch,
  } = useQuery({
    queryKey: ["job", id],
    queryFn: () => jobById(id),
    refetchInterval: ({ state }) => (!state.data || isActive(state.data) ? LOOK_SECONDS * 1000 : false),
  });
  const hasEnded = !!job && !isActive(job);
  useEffect(() => {
    const refresh = () => client.invalidateQueries({ queryKey: ["list"] });
    if (hasEnded) refresh();
    // Who closes it before its end sees what is done so far.
    return () => void refresh();
  }, [hasEnded, client]);
  const end = async () => {
    try {
      client.setQueryData(["job", id], await cancel(id));
    } catch (refused) {
      sayError(refused);
    }
  };
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title={job ? t(`job.kinds.${job.kind as "test_channels"}`) : t("place.jobs")}
      footer={
        <>
          {job && isActive(job) && (
            <Button onClick={end} isBusy={job.is_cancelling}>
              {t("job.cancel")}
            </Button>
          )}
          <Button onClick={onClose}>{t("action.close")}</Button>
        </>
      }
    >
      {job ? <JobBody job={job} /> : <Loading error={error} retry={refetch} />}
    </Dialog>
  );
}

function JobBody({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { done, total, failed } = job;
  const far = t("bulk.progress", { done, all: total || "…" });
  return (
    <>
      <div className="mb-3 flex items-center gap-3 text-muted" aria-live="polite">
        <Progress share={isActive(job) ? done / Math.max(1, total) : 1} label={far} />
        <span>
          {t(`job.states.${job.state as "waiting"}`)}
          {isActive(job) ? total > 0 && ` · ${far}` : ` · ${t("job.done", { count: done, failed })}`}
        </span>
      </div>
      {job.note && (
        <Note tone="bad" className="mb-3">
          {job.note}
        </Note>
      )}
      <Results job={job} />
    </>
  );
}

function Results({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["job-results", job.id, job.done],
    queryFn: () =>
      ask<Page<JobItem>>(`/api/jobs/${job.id}/results`, { size: SHOWN, sort: "outcome", order: "asc" }),
    placeholderData: (before) => before,
  });
  const items = data?.data ?? [];
  return (
    <>
      <ul>
        {items.map((item) => (
          <li key={item.id} className="flex min-h-8 gap-3 border-line border-b py-1.5 last:border-0">
            <span className="w-36 shrink-0 truncate font-medium" title={item.subject}>
              {item.subject}
            </span>
            <span className="w-24 shrink-0">
              <State tone={TONES[item.outcome] ?? "off"}>{figure(item) ?? t("job.skipped")}</State>
            </span>
            <span
              className={
                item.outcome === "failed" ? "min-w-0 break-words text-bad" : "min-w-0 truncate text-muted"
              }
              title={item.model}
            >
              {item.led_to && (
                <b className="mr-1.5 font-medium">{t(`channel.${item.led_to as "enabled" | "disabled"}`)}</b>
              )}
              {item.said}
            </span>
          </li>
        ))}
      </ul>
      {(data?.total ?? 0) > SHOWN && (
        <p className="pt-2 text-muted">{t("job.first", { shown: SHOWN, all: data?.total ?? 0 })}</p>
      )}
    </>
  );
}

function figure(item: JobItem): string | undefined {
  if (item.outcome === "skipped") return undefined;
  return item.time_ms ? duration(item.time_ms) : grouped(item.amount, 2);
}
