import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { getAnonymously } from "@/api/call";
import { Button } from "@/ui/Button";

const Written = lazy(() => import("@/ui/Written").then((part) => ({ default: part.Written })));
const KEPT_AS = "notice";

/** What root has to say to everybody, until the reader has seen it. */
export function Notice() {
  const { t } = useTranslation();
  const [seen, setSeen] = useState(() => localStorage.getItem(KEPT_AS) ?? "");
  const { data } = useQuery({
    queryKey: ["notice"],
    queryFn: () => getAnonymously<string>("/api/notice"),
    staleTime: 300_000,
  });
  if (!data || data === seen) return null;
  const dismiss = () => {
    localStorage.setItem(KEPT_AS, data);
    setSeen(data);
  };
  return (
    <aside
      aria-label={t("site.notice")}
      className="flex max-h-60 shrink-0 items-start gap-3 overflow-y-auto border-line border-b bg-sel px-4 py-2"
    >
      <div className="min-w-0 flex-1">
        <Suspense>
          <Written text={data} />
        </Suspense>
      </div>
      <Button onClick={dismiss}>{t("site.dismiss")}</Button>
    </aside>
  );
}
