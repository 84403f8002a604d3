import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { get, remove } from "@/api/call";
import type { Overview, Rest, Turn } from "@/api/types";
import { bytes, grouped, money, percent } from "@/format/money";
import { duration, exact } from "@/format/time";
import { Attention } from "@/pages/dashboard/Attention";
import { useMoneyStyle, useSite } from "@/session";
import { Button } from "@/ui/Button";
import { classes } from "@/ui/class";
import { Figures } from "@/ui/Figures";
import { Loading } from "@/ui/Loading";
import { State } from "@/ui/State";
import { Time } from "@/ui/Time";
import { say, sayError } from "@/ui/toasts";
import { useRests } from "./rests";

const REFRESH_MS = 10_000;
const BEHIND_SECONDS = 10;
const LINE = "flex min-h-8.5 items-center gap-3 border-line border-b py-1";

/** How the installation is doing: what runs, what rests, what was begun by itself. */
export function Page() {
  const { t } = useTranslation();
  const style = useMoneyStyle();
  const { data, error, refetch } = useQuery({
    queryKey: ["overview"],
    refetchInterval: REFRESH_MS,
    queryFn: () => get<Overview>("/api/status/overview"),
  });
  if (!data) return <Loading error={error} retry={refetch} />;
  // hours are added up as wholes: this one and the one before
  const since = exact(new Date().setMinutes(-60, 0, 0) / 1000).slice(11, 16);
  const enabled = { to: "/channel", search: { status: "1" } };
  return (
    <div className="h-full overflow-y-auto px-4 pb-10">
      <Figures
        figures={[
          { name: t("status.channels"), value: grouped(data.channels_enabled), to: enabled },
          {
            name: t("status.autoDisabled"),
            value: grouped(data.channels_auto_disabled),
            to: { to: "/channel", search: { status: "3" } },
          },
          { name: t("place.users"), value: grouped(data.users), to: { to: "/user", search: {} } },
          { name: t("place.keys"), value: grouped(data.api_keys) },
          { name: t("status.requests", { time: since }), value: grouped(data.requests) },
          {
            name: t("status.failed", { time: since }),
            value: data.requests ? percent(data.failed / data.requests) : "–",
            to: { to: "/log", search: { type: "6" } },
          },
        ]}
      />
      <div className="mt-5 grid grid-cols-2 gap-x-10 gap-y-7 max-lg:grid-cols-1">
        <Resting />
        <Attention />
        <Schedule />
        <Part title={t("status.installation")}>
          <Fact name={t("status.version")}>{data.version}</Fact>
          <Fact name={t("status.started")}>
            <Time at={data.started_at} />
          </Fact>
          <Fact name={t("status.database")}>{databaseName(data.database)}</Fact>
          {data.log_database && <Fact name={t("status.logDatabase")}>{databaseName(data.log_database)}</Fact>}
        </Part>
        <Part title={t("status.processes")}>
          {data.processes.map((process) => (
            <Fact key={process.name} name={<span className="mono">{process.name}</span>}>
              <Backlog of={process} />
              <span className="mr-3 text-muted" title={t("status.leasedHelp")}>
                {t("status.leased", { amount: money(process.leased, style, 2) })}
              </span>
              <Time at={process.written_at} />
            </Fact>
          ))}
          {data.processes.length === 0 && <li className={`${LINE} text-muted`}>{t("status.noProcess")}</li>}
        </Part>
      </div>
    </div>
  );
}

/** What only the journal of a worker has, not yet the database; nothing of a worker elsewhere, whose journal is not seen from here. */
function Backlog({ of }: { of: Overview["processes"][number] }) {
  const { t } = useTranslation();
  if (of.unflushed_bytes === null || of.lag_seconds === null) return null;
  const said = of.unflushed_bytes
    ? t("status.behind", { size: bytes(of.unflushed_bytes), time: duration(of.lag_seconds * 1000) })
    : t("status.flushed");
  return (
    <span
      className={classes("mr-3", of.lag_seconds >= BEHIND_SECONDS ? "text-warn" : "text-muted")}
      title={t("status.behindHelp")}
    >
      {said}
    </span>
  );
}

const DATABASES: Record<string, string> = { sqlite: "SQLite", mysql: "MySQL", postgresql: "PostgreSQL" };

function databaseName(dialect: string): string {
  return DATABASES[dialect] ?? dialect;
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="min-w-0">
      <h2 className="mb-1 font-semibold">{title}</h2>
      <ul>{children}</ul>
    </section>
  );
}

function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <li className={LINE}>
      <span className="min-w-0 flex-1 truncate text-muted">{name}</span>
      <span className="shrink-0">{children}</span>
    </li>
  );
}

/** What rests after failures, each with a button that ends its rest. */
function Resting() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useRests();
  const wake = async (rest: Rest) => {
    try {
      await remove(`/api/status/resting/${rest.channel_id}`);
      say("good", t("status.woken", { name: rest.name }));
    } catch (error) {
      sayError(error);
    }
    client.invalidateQueries({ queryKey: ["resting"] });
  };
  return (
    <Part title={t("status.resting")}>
      {data?.map((rest) => (
        <li key={`${rest.channel_id} ${rest.model}`} className={LINE}>
          <Link
            to="/channel"
            search={{ open: String(rest.channel_id) } as never}
            className="min-w-0 hover:underline"
          >
            <State tone="warn">{rest.name}</State>
          </Link>
          <span className="mono min-w-0 flex-1 truncate text-muted">{rest.model}</span>
          <span className="shrink-0 text-muted" title={exact(rest.until)}>
            <Time at={rest.until} />
          </span>
          <Button onClick={() => wake(rest)}>{t("status.wake")}</Button>
        </li>
      ))}
      {data?.length === 0 && (
        <li className={LINE}>
          <State tone="good">{t("status.noneRests")}</State>
        </li>
      )}
    </Part>
  );
}

/** What is begun by itself: how often, when it was last and how that went. */
function Schedule() {
  const { t } = useTranslation();
  const site = useSite();
  const { data } = useQuery({ queryKey: ["schedule"], queryFn: () => get<Turn[]>("/api/status/schedule") });
  return (
    <Part title={t("status.schedule")}>
      {data?.map((turn) => (
        <li key={turn.kind} className={LINE}>
          <span className="min-w-0 flex-1 truncate text-muted">
            {t(`job.kinds.${turn.kind as "test_channels"}`)}
          </span>
          <span className="shrink-0">
            {turn.minutes ? t("status.every", { minutes: turn.minutes }) : t("status.byHand")}
          </span>
          {turn.last && (
            <Link
              to="/job"
              search={{ open: String(turn.last.id) } as never}
              className="shrink-0 text-muted hover:underline"
            >
              <Time at={turn.last.created_at} />
            </Link>
          )}
        </li>
      ))}
      <li className={LINE}>
        <span className="min-w-0 flex-1 truncate text-muted">{t("status.mail")}</span>
        <span className="shrink-0">{t(site.mail ? "status.set" : "status.notSet")}</span>
      </li>
    </Part>
  );
}
