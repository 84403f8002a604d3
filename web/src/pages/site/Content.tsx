import { lazy, Suspense } from "react";

const Markdown = lazy(() => import("@/ui/Markdown").then((part) => ({ default: part.Markdown })));

/** What root wrote for a page: the address of another one, shown in a frame, or Markdown. */
export function Content({ text, title }: { text: string; title: string }) {
  if (/^https?:\/\/\S+$/.test(text.trim())) {
    return (
      <iframe src={text.trim()} title={title} className="size-full flex-1 border-0" allow="clipboard-write" />
    );
  }
  return (
    <div className="mx-auto w-full max-w-200 px-4 py-8">
      <Suspense>
        <Markdown text={text} />
      </Suspense>
    </div>
  );
}
