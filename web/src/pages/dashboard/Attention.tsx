import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { Channel } from "@/api/types";
import { clock, nowSeconds } from "@/format/time";
import { useRests } from "@/pages/status/rests";
import { State } from "@/ui/State";
import { Time } from "@/ui/Time";

const SHOWN = 6;
const RESTS_SHOWN = 4;
const REFRESH_MS = 30_000;

/** Channels that somebody should look at. */
export function Attention({ withRests }: { withRests?: boolean }) {
  const { t } = useTranslation();
  const rests = useRests(withRests);
  const resting = (rests.data ?? []).slice(0, RESTS_SHOWN);
  const { data } = useQuery({
    queryKey: ["attention"],
    refetchInterval: REFRESH_MS,
    queryFn: () =>
      get<Channel[]>("/api/channel/", { size: SHOWN, status: 3, sort: "test_time", order: "desc" }),
  });
  return (
    <section>
      <h2 className="mb-1 font-semibold">{t("dash.attention")}</h2>
      <ul>
        {data?.map((row) => (
          <li key={row.id} className="flex h-8.5 items-center gap-2 border-line border-b">
            <Link
              to="/channel"
              search={{ open: String(row.id) } as never}
              className="min-w-0 hover:underline"
            >
              <State tone="bad">{row.name}</State>
            </Link>
            <span className="min-w-0 flex-1 truncate text-muted">
              {row.disabled_reason
                ? t(`channel.reasons.${row.disabled_reason as "slow"}`)
                : t("channel.autoDisabled")}
            </span>
            <span className="shrink-0 text-muted">
              <Time at={row.test_time} />
            </span>
          </li>
        ))}
        {resting.map((rest) => (
          <li
            key={`${rest.channel_id} ${rest.model}`}
            className="flex h-8.5 items-center gap-2 border-line border-b"
          >
            <Link to="/status" className="min-w-0 hover:underline">
              <State tone="warn">{rest.name}</State>
            </Link>
            <span className="min-w-0 flex-1 truncate text-muted">
              {t("channel.cooling", { until: clock(rest.until, nowSeconds()).slice(0, 5) })} ·{" "}
              <span className="mono">{rest.model}</span>
            </span>
          </li>
        ))}
        {data?.length === 0 && resting.length === 0 && (
          <li className="flex h-8.5 items-center gap-2 border-line border-b">
            <State tone="good">{t("dash.allFine")}</State>
            <span className="truncate text-muted">{t("dash.allFineHelp")}</span>
          </li>
        )}
      </ul>
    </section>
  );
}
