import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { Job, Turn } from "@/api/types";
import { exact } from "@/format/time";
import { useAddress } from "@/list/address";
import { List } from "@/list/List";
import type { ListSpec } from "@/list/types";
import { State } from "@/ui/State";
import { Time } from "@/ui/Time";
import { JobDialog } from "./JobDialog";
import { JOBS, TONES } from "./job";

const LIVE_SECONDS = 3;
const STATES = ["waiting", "running", "done", "failed", "cancelled", "stopped"] as const;
const KINDS = ["test_channels", "update_balances", "delete_logs"] as const;

/** What runs long, and what ran of late. */
export function Page() {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const spec = useMemo<ListSpec<Job>>(
    () => ({
      name: "jobs",
      endpoint: JOBS,
      rowId: (row) => String(row.id),
      rowName: (row) => `#${row.id}`,
      liveSeconds: LIVE_SECONDS,
      filters: [
        {
          id: "state",
          label: t("job.state"),
          choices: STATES.map((value) => ({ value, label: t(`job.states.${value}`) })),
        },
        {
          id: "kind",
          label: t("job.kind"),
          choices: KINDS.map((value) => ({ value, label: t(`job.kinds.${value}`) })),
        },
      ],
      columns: [
        {
          id: "state",
          label: t("job.state"),
          width: 130,
          isOnPhone: true,
          cell: (row) => (
            <State tone={isPartly(row) ? "warn" : (TONES[row.state] ?? "off")} title={row.note}>
              {isPartly(row) ? t("job.partly") : t(`job.states.${row.state as "waiting"}`)}
            </State>
          ),
          text: (row) => row.state,
        },
        {
          id: "kind",
          label: t("job.kind"),
          isMain: true,
          isOnPhone: true,
          cell: (row) => t(`job.kinds.${row.kind as "test_channels"}`),
          text: (row) => row.kind,
        },
        {
          id: "done",
          label: t("job.progress"),
          width: 96,
          isEnd: true,
          isOnPhone: true,
          cell: (row) => t("bulk.progress", { done: row.done, all: row.total }),
          text: (row) => row.done,
        },
        {
          id: "failed",
          label: t("job.failures"),
          width: 90,
          isEnd: true,
          cell: (row) => row.failed,
          text: (row) => row.failed,
        },
        {
          id: "by",
          label: t("job.by"),
          width: 140,
          cell: (row) => (row.is_scheduled ? t("job.schedule") : row.username),
          text: (row) => row.username,
        },
        {
          id: "created",
          label: t("job.created"),
          width: 120,
          cell: (row) => <Time at={row.created_at} />,
          text: (row) => exact(row.created_at),
        },
        {
          id: "ended",
          label: t("job.ended"),
          width: 120,
          cell: (row) => <Time at={row.ended_at} />,
          text: (row) => (row.ended_at ? exact(row.ended_at) : ""),
        },
      ],
      empty: { title: t("job.empty"), help: t("job.emptyHelp") },
    }),
    [t],
  );
  return (
    <>
      <List spec={spec} lead={<Schedule />} />
      {search.open && (
        <JobDialog key={search.open} id={search.open} onClose={() => change({ open: undefined })} />
      )}
    </>
  );
}

/** Whether a job came to its end, but some of it did not come off. */
const isPartly = (job: Job) => job.state === "done" && job.failed > 0;

/** What is begun by itself: how often, and when it was last. */
function Schedule() {
  const { t } = useTranslation();
  const { data } = useQuery({ queryKey: ["schedule"], queryFn: () => get<Turn[]>("/api/status/schedule") });
  return (
    <span className="mr-2.5 flex gap-x-4 whitespace-nowrap text-muted max-lg:hidden">
      {data?.map(({ kind, minutes, last }) => {
        const name = t(`job.kinds.${kind as "test_channels"}`);
        const [before, after] = t("job.turn.last", { last: "\n" }).split("\n");
        return minutes ? (
          <span key={kind}>
            {t("job.turn.next", { kind: name, minutes })}
            {last && (
              <>
                {" · "}
                {before}
                <Time at={last.created_at} />
                {after}
              </>
            )}
          </span>
        ) : (
          <span key={kind}>{t("job.turn.never", { kind: name })}</span>
        );
      })}
    </span>
  );
}
