import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { LogRow, Story } from "@/api/types";
import { money } from "@/format/money";
import { duration } from "@/format/time";
import { useMoneyStyle } from "@/session";
import { classes } from "@/ui/class";

const NORMAL = new Set(["stop", "length", "tool_calls", "end", "done", "complete"]);

/** What happened to a request, in order. */
export function Happened({ row, story }: { row: LogRow; story: Story }) {
  const { t } = useTranslation();
  const style = useMoneyStyle();
  const name = (id: number, called: string) => called || t("log.channelNumber", { id });
  const { endpoint } = story;
  return (
    <ol className="relative ml-1 border-line-strong border-l pl-4">
      <Step tone="bg-muted">
        {t(row.is_stream ? "log.receivedStream" : "log.received", { endpoint })}
        <More>{t("log.held", { amount: money(story.hold, style) })}</More>
      </Step>
      {story.attempts.map((attempt, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: attempts are what they were
        <Step key={place} tone="bg-bad-dot">
          {name(attempt.channel_id, attempt.channel_name)}
          <More isBad>
            {attempt.status ? t("log.attempt", { status: attempt.status }) : t("log.attemptNone")}
          </More>
        </Step>
      ))}
      <Step tone="bg-good-dot">
        {name(story.channel_id, story.channel_name)} <span className="text-muted">{t("log.served")}</span>
        <More>
          {[
            story.elapsed_ms ? duration(story.elapsed_ms) : "",
            NORMAL.has(story.ended) ? t("log.ended") : t("log.endedBy", { how: story.ended }),
          ]
            .filter(Boolean)
            .join(" · ")}
        </More>
      </Step>
      <Step tone="bg-muted">
        {t("log.charged", { amount: money(story.charge, style) })}
        {story.uncollected > 0 && (
          <More isBad>{t("log.uncollected", { amount: money(story.uncollected, style) })}</More>
        )}
      </Step>
    </ol>
  );
}

function Step({ tone, children }: { tone: string; children: ReactNode }) {
  return (
    <li className="relative mb-2.5 last:mb-0">
      <i
        aria-hidden
        className={classes("absolute top-1.5 -left-[20px] size-[7px] rounded-full ring-3 ring-raise", tone)}
      />
      {children}
    </li>
  );
}

function More({ children, isBad }: { children: ReactNode; isBad?: boolean }) {
  return <span className={classes("block", isBad ? "text-bad" : "text-muted")}>{children}</span>;
}
