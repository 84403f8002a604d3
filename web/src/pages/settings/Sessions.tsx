import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get, remove } from "@/api/call";
import type { Session } from "@/api/types";
import { Button } from "@/ui/Button";
import { Skeleton } from "@/ui/Skeleton";
import { Time } from "@/ui/Time";
import { say, sayError } from "@/ui/toasts";
import { agentName } from "./agent";

const KEY = ["sessions"];

/** Where one is signed in; each can be ended. */
export function Sessions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { data } = useQuery({ queryKey: KEY, queryFn: () => get<Session[]>("/api/user/sessions") });
  const end = async (path: `/api/user/sessions/${number}` | "/api/user/sessions", said: string) => {
    try {
      await remove(path);
      say("good", said);
    } catch (error) {
      sayError(error);
    }
    await client.invalidateQueries({ queryKey: KEY });
  };
  if (!data) return <Skeleton className="h-16 w-full" />;
  return (
    <>
      <ul className="mb-3 divide-y divide-line border-line border-y">
        {data.map((one) => (
          <li key={one.id} className="flex items-center gap-3 py-2">
            <div className="min-w-0 flex-1">
              <p className="truncate" title={one.agent}>
                {agentName(one.agent) || one.address}
              </p>
              <p className="text-muted text-sm">
                {one.address} · {t("settings.sessionSeen")} <Time at={one.seen_at} />
              </p>
            </div>
            {one.is_current ? (
              <span className="text-muted">{t("settings.sessionHere")}</span>
            ) : (
              <Button onClick={() => end(`/api/user/sessions/${one.id}`, t("settings.sessionEnded"))}>
                {t("settings.sessionEnd")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {data.length > 1 && (
        <Button onClick={() => end("/api/user/sessions", t("settings.sessionsEnded"))}>
          {t("settings.sessionsEnd")}
        </Button>
      )}
    </>
  );
}
