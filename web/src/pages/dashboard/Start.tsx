import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ask } from "@/api/call";
import type { ApiKey, Channel, Page } from "@/api/types";
import { useIsAdmin } from "@/session";
import { classes } from "@/ui/class";

/** The channel that was tested last, and any key. */
function useFirst() {
  const isAdmin = useIsAdmin();
  const channel = useQuery({
    queryKey: ["some", "channel"],
    enabled: isAdmin,
    queryFn: () => ask<Page<Channel>>("/api/channel/", { size: 1, sort: "test_time", order: "desc" }),
  });
  const key = useQuery({
    queryKey: ["some", "key"],
    queryFn: () => ask<Page<ApiKey>>("/api/token/", { size: 1 }),
  });
  return { isAdmin, channel: channel.data?.data[0], key: key.data?.data[0] };
}

interface Step {
  name: "channel" | "test" | "key" | "ask";
  isDone: boolean;
  to: string;
  /** What is opened there until it is done. */
  open?: string;
}

/** The first steps, in order; what is done is ticked, and they can be left and taken up again. */
export function Start() {
  const { t } = useTranslation();
  const { isAdmin, channel, key } = useFirst();
  const ofAdmins: Step[] = [
    { name: "channel", isDone: !!channel, to: "/channel", open: "new" },
    { name: "test", isDone: !!channel?.test_time, to: "/channel", open: String(channel?.id ?? "new") },
  ];
  const steps: Step[] = [
    ...(isAdmin ? ofAdmins : []),
    { name: "key", isDone: !!key, to: "/token", open: "new" },
    { name: "ask", isDone: false, to: "/playground" },
  ];
  return (
    <section className="max-w-140">
      <h2 className="mb-2 font-semibold">{t("start.title")}</h2>
      <ol>
        {steps.map((step, place) => (
          <li key={step.name} className="border-line border-b last:border-0">
            <Link
              to={step.to}
              search={(step.isDone || !step.open ? {} : { open: step.open }) as never}
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
