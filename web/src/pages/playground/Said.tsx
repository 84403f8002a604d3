import { lazy, Suspense, useDeferredValue, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "@/ui/Empty";
import { Note } from "@/ui/Note";
import { Calls } from "./Calls";
import { Known } from "./Known";
import { pretty } from "./typed";
import { type Message, openCalls } from "./wire";

const Rich = lazy(() => import("./Rich").then((part) => ({ default: part.Rich })));

interface SaidProps {
  messages: Message[];
  isRunning: boolean;
  label: string;
  onAnswers: (answers: Message[]) => void;
}

/** What was said, the newest in sight while it is being said. */
export function Said({ messages, isRunning, label, onAnswers }: SaidProps) {
  const { t } = useTranslation();
  const { box, content, scrolled } = useEndInSight(messages.length);
  const open = isRunning ? [] : openCalls(messages);
  return (
    <section
      ref={box}
      onScroll={scrolled}
      className="min-h-0 flex-1 overflow-y-auto"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keys must reach it
      tabIndex={0}
      aria-label={label}
    >
      <div ref={content}>
        {messages.length === 0 && <Empty title={t("play.empty")}>{t("play.emptyHelp")}</Empty>}
        <ol className="mx-auto flex w-full max-w-200 flex-col gap-5 px-4 py-5">
          {messages.map((message, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a conversation only grows
            <li key={place} className="min-w-0">
              <p className="mb-1 font-medium text-muted text-sm">{speaker(message, t("play.you"))}</p>
              {message.role === "assistant" ? (
                <Answer message={message} isRunning={isRunning && place === messages.length - 1} />
              ) : (
                <Told message={message} />
              )}
            </li>
          ))}
        </ol>
        {open.length > 0 && <Calls key={messages.length} calls={open} onAnswers={onAnswers} />}
      </div>
    </section>
  );
}

const NEAR_PX = 40;

/** Keep the end of what grows in sight, unless the reader has scrolled up; what is newly said is followed again. */
function useEndInSight(count: number) {
  const box = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isFollowed = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with every message
  useEffect(() => {
    isFollowed.current = true;
  }, [count]);
  useEffect(() => {
    const grown = new ResizeObserver(() => {
      if (isFollowed.current) box.current?.scrollTo({ top: box.current.scrollHeight });
    });
    if (content.current) grown.observe(content.current);
    return () => grown.disconnect();
  }, []);
  // What grows meanwhile is below the end, too: only who goes up does not want to follow.
  const top = useRef(0);
  const scrolled = () => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    if (scrollHeight - scrollTop - clientHeight < NEAR_PX) isFollowed.current = true;
    else if (scrollTop < top.current) isFollowed.current = false;
    top.current = scrollTop;
  };
  return { box, content, scrolled };
}

function speaker(message: Message, you: string): string {
  if (message.role === "assistant") return message.facts?.model ?? "…";
  return message.role === "tool" ? (message.callId ?? "") : you;
}

function Told({ message }: { message: Message }) {
  const { t } = useTranslation();
  return (
    <>
      {message.images?.length ? (
        <div className="mb-2 flex flex-wrap gap-2">
          {message.images.map((url, place) => (
            <img
              // biome-ignore lint/suspicious/noArrayIndexKey: what was sent does not change
              key={place}
              src={url}
              alt={t("play.picture", { number: place + 1 })}
              className="max-h-40 max-w-full rounded border border-line"
            />
          ))}
        </div>
      ) : null}
      <p
        className={
          message.role === "tool" ? "mono whitespace-pre-wrap break-words" : "whitespace-pre-wrap break-words"
        }
      >
        {message.content}
      </p>
    </>
  );
}

function Answer({ message, isRunning }: { message: Message; isRunning: boolean }) {
  const { t } = useTranslation();
  // what comes faster than it can be drawn is drawn a little later
  const text = useDeferredValue(message.content);
  const hasSaid = message.content || message.thinking || message.calls?.length;
  return (
    <>
      {message.thinking && (
        <details className="mb-2 text-muted" open={isRunning && !message.content}>
          <summary>{t("play.thinking")}</summary>
          <p className="mt-1 whitespace-pre-wrap border-line-strong border-l-2 pl-3">{message.thinking}</p>
        </details>
      )}
      <Suspense fallback={<p className="whitespace-pre-wrap">{text}</p>}>
        <Rich text={text} />
      </Suspense>
      {message.calls?.map((call) => (
        <pre
          key={call.id}
          className="mono mt-2 whitespace-pre-wrap break-words border-accent border-l-2 pl-3"
        >
          <b className="font-semibold">{call.name}</b> {pretty(call.arguments)}
        </pre>
      ))}
      {isRunning && !hasSaid && (
        <i aria-hidden className="block size-2 animate-pulse rounded-full bg-muted" />
      )}
      {message.error && (
        <Note tone="bad" className="mt-2">
          {message.error}
          {message.advice && <p className="mt-1 text-text">{message.advice}</p>}
        </Note>
      )}
      {message.facts && !isRunning && <Known facts={message.facts} />}
    </>
  );
}
