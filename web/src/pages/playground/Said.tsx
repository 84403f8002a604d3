import { lazy, Suspense, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { grouped } from "@/format/money";
import { duration } from "@/format/time";
import { Empty } from "@/ui/Empty";
import { Note } from "@/ui/Note";
import type { Facts, Message } from "./wire";

const Markdown = lazy(() => import("@/ui/Markdown").then((part) => ({ default: part.Markdown })));

/** What was said, the newest in sight while it is being said. */
export function Said({ messages, isRunning }: { messages: Message[]; isRunning: boolean }) {
  const { t } = useTranslation();
  const end = useRef<HTMLDivElement>(null);
  const last = messages.at(-1)?.content.length;
  useEffect(() => {
    if (last !== undefined) end.current?.scrollIntoView({ block: "end" });
  }, [last]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keys must reach it
    <section className="min-h-0 flex-1 overflow-y-auto" tabIndex={0} aria-label={t("place.playground")}>
      {messages.length === 0 && <Empty title={t("play.empty")}>{t("play.emptyHelp")}</Empty>}
      <ol className="mx-auto flex w-full max-w-200 flex-col gap-5 px-4 py-5">
        {messages.map((message, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a conversation only grows
          <li key={place}>
            <p className="mb-1 font-medium text-muted text-sm">
              {message.role === "user" ? t("play.you") : (message.facts?.model ?? t("play.answer"))}
            </p>
            {message.role === "user" ? (
              <p className="whitespace-pre-wrap break-words">{message.content}</p>
            ) : (
              <Answer message={message} isRunning={isRunning && place === messages.length - 1} />
            )}
          </li>
        ))}
      </ol>
      <div ref={end} />
    </section>
  );
}

function Answer({ message, isRunning }: { message: Message; isRunning: boolean }) {
  const { t } = useTranslation();
  return (
    <>
      {message.thinking && (
        <details className="mb-2 text-muted" open={isRunning && !message.content}>
          <summary>{t("play.thinking")}</summary>
          <p className="mt-1 whitespace-pre-wrap border-line-strong border-l-2 pl-3">{message.thinking}</p>
        </details>
      )}
      <Suspense fallback={<p className="whitespace-pre-wrap">{message.content}</p>}>
        <Markdown text={message.content} />
      </Suspense>
      {isRunning && !message.content && !message.thinking && (
        <i aria-hidden className="block size-2 animate-pulse rounded-full bg-muted" />
      )}
      {message.error && (
        <Note tone="bad" className="mt-2">
          {message.error}
        </Note>
      )}
      {message.facts && !isRunning && <Known facts={message.facts} />}
    </>
  );
}

function Known({ facts }: { facts: Facts }) {
  const { t } = useTranslation();
  const told = [
    facts.firstMs !== undefined && t("play.first", { time: duration(facts.firstMs) }),
    facts.totalMs !== undefined && t("play.total", { time: duration(facts.totalMs) }),
    facts.outputTokens !== undefined &&
      t("play.tokens", { input: grouped(facts.inputTokens ?? 0), output: grouped(facts.outputTokens) }),
  ].filter(Boolean);
  return <p className="mt-2 text-muted text-sm">{told.join(" · ")}</p>;
}
