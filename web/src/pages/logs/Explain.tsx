import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { LogRow, Page, Story } from "@/api/types";
import { exact } from "@/format/time";
import { useIsAdmin } from "@/session";
import { Button } from "@/ui/Button";
import { copy } from "@/ui/copy";
import { Drawer, DrawerFoot } from "@/ui/Drawer";
import { Empty } from "@/ui/Empty";
import { Facts } from "@/ui/Facts";
import { Loading } from "@/ui/Loading";
import { Money } from "@/ui/Money";
import { Calculation } from "./Calculation";
import { CONSUME, FAILED, logId } from "./columns";
import { Happened } from "./Happened";

/** A request from its arrival to its charge: what happened, how the charge came about, what is on record. */
export function Explain({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const { row, isPending, error, retry } = useLogRow(id);
  const { data: story } = useQuery({
    queryKey: ["story", id],
    enabled: !!row?.request_id && (row.type === CONSUME || row.type === FAILED),
    queryFn: () => get<Story>(`/api/log/${row?.request_id}`),
  });
  if (!row) {
    return (
      <Drawer onClose={onClose} title={t("log.record")} isWide>
        {isPending || error ? <Loading error={error} retry={retry} /> : <Empty title={t("log.none")} />}
      </Drawer>
    );
  }
  return (
    <Drawer
      isWide
      onClose={onClose}
      title={<Title row={row} />}
      subtitle={
        <span className="mono break-all">
          {[row.request_id, row.username, row.token_name].filter(Boolean).join(" · ") ||
            exact(row.created_at)}
        </span>
      }
      footer={
        <DrawerFoot>
          {row.request_id && (
            <Button icon={<Copy aria-hidden />} onClick={() => copy(row.request_id, t("log.requestId"))}>
              {t("log.copyId")}
            </Button>
          )}
          {row.token_name && (
            <Link
              to="/log"
              search={{ token_name: row.token_name } as never}
              className="px-2 text-muted hover:text-text"
            >
              {t("log.sameKey")}
            </Link>
          )}
          {isAdmin && row.channel > 0 && (
            <Link
              to="/log"
              search={{ channel: String(row.channel) } as never}
              className="px-2 text-muted hover:text-text"
            >
              {t("log.sameChannel")}
            </Link>
          )}
        </DrawerFoot>
      }
    >
      {story?.endpoint && (
        <>
          <Section title={t("log.what")}>
            <Happened row={row} story={story} />
          </Section>
          {!story.code && (
            <Section title={t("log.calculation")}>
              <Calculation story={story} />
            </Section>
          )}
        </>
      )}
      <Section title={t("log.record")}>
        <Record row={row} story={story} />
      </Section>
    </Drawer>
  );
}

function Title({ row }: { row: LogRow }) {
  const { t } = useTranslation();
  if (!row.quota) return <>{row.model_name || t("log.record")}</>;
  const [before, after] = t("log.why", { amount: "\n" }).split("\n");
  return (
    <span>
      {before}
      <Money quota={row.quota} />
      {after}
    </span>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="mb-5">
      <h3 className="mb-2 font-semibold text-muted text-sm">{title}</h3>
      {children}
    </section>
  );
}

function Record({ row, story }: { row: LogRow; story: Story | undefined }) {
  const { t } = useTranslation();
  const mono = (text: string) => <span className="mono break-all">{text}</span>;
  return (
    <Facts
      facts={[
        [t("log.time"), exact(row.created_at)],
        [t("log.model"), row.model_name && mono(row.model_name)],
        [t("log.asked"), story && story.asked_model !== row.model_name && mono(story.asked_model)],
        [t("log.source"), story?.source && t(story.source === "estimated" ? "log.estimated" : "log.usage")],
        [t("log.operations"), story?.operations?.length ? mono(story.operations.join(", ")) : ""],
        [t("log.cost"), typeof story?.cost === "number" && <Money key="cost" quota={story.cost} />],
        [t("log.key"), row.token_name],
        [t("log.requestId"), row.request_id && mono(row.request_id)],
        [t("log.detail"), row.content],
      ]}
    />
  );
}

/** The row with this name in the address: out of a list that was loaded, or asked for. */
function useLogRow(id: string) {
  const client = useQueryClient();
  const isAdmin = useIsAdmin();
  const lists = client.getQueriesData<Page<LogRow>>({
    queryKey: ["list", isAdmin ? "/api/log/" : "/api/log/self"],
  });
  const known = lists.flatMap(([, page]) => page?.data ?? []).find((row) => logId(row) === id);
  const asked = useQuery({
    queryKey: ["log-row", id],
    enabled: !known && !id.startsWith("id-") && !id.startsWith("at-"),
    queryFn: () => get<LogRow[]>(isAdmin ? "/api/log/" : "/api/log/self", { size: 1, request_id: id }),
  });
  return {
    row: known ?? asked.data?.[0],
    isPending: asked.isLoading,
    error: asked.error,
    retry: asked.refetch,
  };
}
