import { lazy, Suspense } from "react";

const Written = lazy(() => import("@/ui/Written").then((part) => ({ default: part.Written })));

/** What root wrote for a page: the address of another one, shown in a frame, or Markdown or HTML. */
export function Content({ text, title }: { text: string; title: string }) {
  if (/^https?:\/\/\S+$/.test(text.trim())) {
    return (
      <iframe src={text.trim()} title={title} className="size-full flex-1 border-0" allow="clipboard-write" />
    );
  }
  return (
    <div className="mx-auto w-full max-w-200 px-4 py-8">
      <Suspense>
        <Written text={text} />
      </Suspense>
    </div>
  );
}
