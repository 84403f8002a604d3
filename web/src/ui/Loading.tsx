import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Empty } from "./Empty";
import { Skeleton } from "./Skeleton";

/** In place of something that is on its way, or that did not come. */
export function Loading({ error, retry }: { error?: Error | null; retry?: () => void }) {
  const { t } = useTranslation();
  if (error) {
    return (
      <div role="alert">
        <Empty
          title={t("list.failed")}
          action={<Button onClick={() => retry?.()}>{t("action.retry")}</Button>}
        >
          {error.message}
        </Empty>
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-3" aria-busy>
      <Skeleton className="h-4 w-1/3" />
      <Skeleton className="h-8 w-full" />
      <Skeleton className="h-4 w-1/4" />
      <Skeleton className="h-8 w-full" />
    </div>
  );
}
