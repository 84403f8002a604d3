import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ask } from "@/api/call";
import type { Page, User, UsersKey } from "@/api/types";
import { grouped } from "@/format/money";
import { tail } from "@/pages/keys/forms";
import { KeyState } from "@/pages/keys/KeyState";
import { Loading } from "@/ui/Loading";
import { Money } from "@/ui/Money";
import { Time } from "@/ui/Time";

const SHOWN = 20;

/** A user's keys, those used last first; each leads to what it was used for. */
export function UserKeys({ user }: { user: User }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({
    queryKey: ["user", String(user.id), "keys"],
    queryFn: () =>
      ask<Page<UsersKey>>(`/api/user/${user.id}/tokens`, {
        size: SHOWN,
        sort: "accessed_time",
        order: "desc",
      }),
  });
  const rows = data?.data ?? [];
  const more = (data?.total ?? 0) - rows.length;
  return (
    <section className="mt-6">
      <h3 className="mb-1 font-semibold">{t("place.keys")}</h3>
      {!data && <Loading error={error} retry={refetch} />}
      {data && rows.length === 0 && <p className="text-muted">{t("key.empty")}</p>}
      <ul>
        {rows.map((row) => (
          <li
            key={row.id}
            className="flex min-h-8.5 items-center gap-3 border-line border-b py-1 max-sm:grid max-sm:grid-cols-[auto_1fr_auto] max-sm:gap-y-0"
          >
            <span className="w-20 shrink-0">
              <KeyState row={row} />
            </span>
            <Link
              to="/log"
              search={{ username: user.username, token_name: row.name } as never}
              className="min-w-0 flex-1 truncate hover:underline"
              title={t("user.logs")}
            >
              {row.name || t("key.nameless")}
            </Link>
            <span className="mono w-20 shrink-0 text-muted max-sm:col-start-2 max-sm:row-start-2">
              {row.tail && tail(row.tail)}
            </span>
            <span className="w-20 shrink-0 text-right max-sm:w-24" title={t("key.used")}>
              <Money quota={row.used_quota} decimals={2} />
            </span>
            <span
              className="w-24 shrink-0 text-right text-muted max-sm:col-start-3 max-sm:row-start-2"
              title={t("key.lastUsed")}
            >
              <Time
                at={row.accessed_time > row.created_time ? row.accessed_time : 0}
                never={t("key.never")}
              />
            </span>
          </li>
        ))}
      </ul>
      {more > 0 && (
        <p className="mt-1 text-muted text-sm">
          {t("user.moreKeys", { count: more, number: grouped(more) })}
        </p>
      )}
    </section>
  );
}
