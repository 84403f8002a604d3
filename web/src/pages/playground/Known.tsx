import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { LogRow } from "@/api/types";
import { grouped } from "@/format/money";
import { duration } from "@/format/time";
import { Money } from "@/ui/Money";
import type { Facts } from "./wire";

/** What is known of an answer, and what it cost: that is on record a moment later. */
export function Known({ facts }: { facts: Facts }) {
  const { t } = useTranslation();
  const charge = useCharge(facts.requestId);
  const told: [string, ReactNode][] = [];
  if (facts.firstMs !== undefined) told.push(["first", t("play.first", { time: duration(facts.firstMs) })]);
  if (facts.totalMs !== undefined) told.push(["total", t("play.total", { time: duration(facts.totalMs) })]);
  if (facts.outputTokens !== undefined) {
    const tokens = { input: grouped(facts.inputTokens ?? 0), output: grouped(facts.outputTokens) };
    told.push(["tokens", t("play.tokens", tokens)]);
  }
  if (charge !== undefined) told.push(["cost", <Money key="cost" quota={charge} />]);
  if (charge !== undefined) {
    told.push([
      "why",
      <Link
        key="why"
        to="/log"
        search={{ open: facts.requestId } as never}
        className="underline hover:text-text"
      >
        {t("play.why")}
      </Link>,
    ]);
  }
  return (
    <p className="mt-2 flex flex-wrap gap-x-3 text-muted text-sm">
      {told.map(([name, what]) => (
        <span key={name} className="whitespace-nowrap">
          {what}
        </span>
      ))}
    </p>
  );
}

const FIRST_WAIT_MS = 300;
const ASKED_AT_MOST = 6;

/** The quota that a request of the reader's own was charged; undefined until its row is written. */
function useCharge(requestId: string | undefined): number | undefined {
  const { data } = useQuery({
    queryKey: ["charge", requestId],
    enabled: !!requestId,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      await new Promise((done) => setTimeout(done, FIRST_WAIT_MS));
      const rows = await get<LogRow[]>("/api/log/self", { size: 1, request_id: requestId });
      return rows[0]?.quota ?? null;
    },
    refetchInterval: ({ state }) =>
      typeof state.data === "number" || state.dataUpdateCount >= ASKED_AT_MOST
        ? false
        : FIRST_WAIT_MS * 2 ** state.dataUpdateCount,
  });
  return data ?? undefined;
}
