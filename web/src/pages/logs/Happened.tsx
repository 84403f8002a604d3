import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { LogRow, Story } from "@/api/types";
import { advice } from "@/format/advice";
import { money } from "@/format/money";
import { duration } from "@/format/time";
import { useMoneyStyle } from "@/session";
import { classes } from "@/ui/class";

const CLIENT_LEFT = 499;
const CHOICES = ["pinned", "only", "turn", "left_over", "lower_priority", "alone", "waited"] as const;
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
            {(!story.code || place < story.attempts.length - 1) && t("log.movedOn")}
            {attempt.error && <span className="mono block break-words text-sm">{attempt.error}</span>}
          </More>
        </Step>
      ))}
      {story.code ? (
        <Failed story={story} />
      ) : (
        <Answered story={story} name={name(story.channel_id, story.channel_name)} />
      )}
    </ol>
  );
}

function Answered({ story, name }: { story: Story; name: string }) {
  const { t } = useTranslation();
  const style = useMoneyStyle();
  const choice = CHOICES.find((one) => one === story.choice);
  return (
    <>
      <Step tone="bg-good-dot">
        {name} <span className="text-muted">{t("log.served")}</span>
        <More>
          {[
            choice ? t(`log.choices.${choice}`) : "",
            story.first_token_ms ? t("log.firstTokenAfter", { time: duration(story.first_token_ms) }) : "",
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
    </>
  );
}

/** What the client was told instead of an answer. */
function Failed({ story }: { story: Story }) {
  const { t } = useTranslation();
  return (
    <Step tone="bg-bad-dot">
      {story.status === CLIENT_LEFT
        ? t("log.clientLeft")
        : t("log.toldError", { status: story.status, code: story.code })}
      {story.status !== CLIENT_LEFT && <More isBad>{story.error}</More>}
      {advice(story.code) && <More>{advice(story.code)}</More>}
      <More>
        {t("log.free")}
        {story.unwritten > 0 && ` · ${t("log.unwritten", { count: story.unwritten })}`}
      </More>
    </Step>
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
