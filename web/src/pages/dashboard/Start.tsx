import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ask } from "@/api/call";
import type { ApiPath, Page } from "@/api/types";
import { useIsAdmin } from "@/session";
import { classes } from "@/ui/class";

function useHasSome(path: ApiPath, isWanted: boolean): boolean | undefined {
  const { data } = useQuery({
    queryKey: ["some", path],
    enabled: isWanted,
    queryFn: () => ask<Page<unknown>>(path, { size: 1 }),
  });
  return data && data.data.length > 0;
}

/** The first steps, in order; what is done is ticked, and they can be left and taken up again. */
export function Start() {
  const { t } = useTranslation();
  const isAdmin = useIsAdmin();
  const hasChannel = useHasSome("/api/channel/", isAdmin);
  const hasKey = useHasSome("/api/token/", true);
  const steps = [
    ...(isAdmin ? [{ name: "channel" as const, isDone: hasChannel, to: "/channel" }] : []),
    { name: "key" as const, isDone: hasKey, to: "/token" },
    { name: "ask" as const, isDone: false, to: "/playground" },
  ];
  return (
    <section className="max-w-140">
      <h2 className="mb-2 font-semibold">{t("start.title")}</h2>
      <ol>
        {steps.map((step, place) => (
          <li key={step.name} className="border-line border-b last:border-0">
            <Link
              to={step.to}
              search={(step.isDone || step.name === "ask" ? {} : { open: "new" }) as never}
              className="flex items-center gap-3 rounded py-2.5 hover:bg-hover"
            >
              <span
                className={classes(
                  "grid size-6 shrink-0 place-items-center rounded-full border text-sm",
                  step.isDone ? "border-transparent bg-good-bg text-good" : "border-line-strong text-muted",
                )}
              >
                {step.isDone ? <Check className="size-3.5" aria-label={t("start.done")} /> : place + 1}
              </span>
              <span className="min-w-0">
                <span className="block font-medium">{t(`start.${step.name}`)}</span>
                <span className="block text-muted">{t(`start.${step.name}Help`)}</span>
              </span>
            </Link>
          </li>
        ))}
      </ol>
    </section>
  );
}
