import { lazy, Suspense } from "react";
import { useSite } from "@/session";
import { classes } from "@/ui/class";

const Written = lazy(() => import("@/ui/Written").then((part) => ({ default: part.Written })));

/** What root wants to stand under every page; nothing where there is none. */
export function Footer({ className }: { className?: string }) {
  const { footer_html } = useSite();
  if (!footer_html) return null;
  return (
    <footer
      className={classes("shrink-0 overflow-y-auto px-4 py-2 text-center text-muted text-sm", className)}
    >
      <Suspense>
        <Written text={footer_html} />
      </Suspense>
    </footer>
  );
}
