import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Copy, ExternalLink } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get, post } from "@/api/call";
import type { Invited, LogRow } from "@/api/types";
import { siteAddress } from "@/base";
import { messageOf } from "@/format/message";
import { grouped, money } from "@/format/money";
import { useAccount, useMoneyStyle, useSite, visitorQuery } from "@/session";
import { Button } from "@/ui/Button";
import { copy } from "@/ui/copy";
import { Empty } from "@/ui/Empty";
import { Field } from "@/ui/Field";
import { Figures } from "@/ui/Figures";
import { Input } from "@/ui/Input";
import { Money } from "@/ui/Money";
import { Time } from "@/ui/Time";
import { say } from "@/ui/toasts";
import { topUpOf } from "./topUp";

const TOP_UP = 1;
const SHOWN = 20;

export function Page() {
  const { t } = useTranslation();
  const account = useAccount();
  return (
    <div className="h-full overflow-y-auto px-4 pb-8">
      <Figures
        figures={[
          { name: t("wallet.balance"), value: <Money quota={account.quota} decimals={2} /> },
          { name: t("wallet.spent"), value: <Money quota={account.used_quota} decimals={2} /> },
          { name: t("wallet.requests"), value: grouped(account.request_count) },
          { name: t("wallet.group"), value: account.group },
        ]}
      />
      <div className="mt-6 grid grid-cols-2 gap-x-10 gap-y-8 max-md:grid-cols-1">
        <div className="flex flex-col gap-8">
          <Redeem />
          <Invite />
        </div>
        <History />
      </div>
    </div>
  );
}

function Redeem() {
  const { t } = useTranslation();
  const site = useSite();
  const account = useAccount();
  const style = useMoneyStyle();
  const client = useQueryClient();
  const [code, setCode] = useState("");
  const [refusal, setRefusal] = useState("");
  const [isBusy, setBusy] = useState(false);
  const redeem = async (event: React.FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setRefusal("");
    try {
      const quota = await post<number>("/api/user/topup", { key: code.trim() });
      say("good", t("wallet.redeemed", { amount: money(quota, style, 2) }));
      setCode("");
      client.invalidateQueries({ queryKey: visitorQuery.queryKey });
      client.invalidateQueries({ queryKey: ["top-ups"] });
    } catch (error) {
      setRefusal(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section>
      <h2 className="mb-2 font-semibold">{t("wallet.redeemTitle")}</h2>
      <form onSubmit={redeem} className="flex items-end gap-2">
        <Field
          label={t("code.code")}
          error={refusal || undefined}
          help={t("wallet.redeemHelp")}
          className="flex-1"
        >
          <span className="flex gap-2">
            <Input
              isMono
              value={code}
              onValueChange={setCode}
              required
              className="flex-1"
              autoComplete="off"
            />
            <Button type="submit" look="primary" isBusy={isBusy} className="sm:h-[30px]">
              {t("wallet.redeem")}
            </Button>
          </span>
        </Field>
      </form>
      {site.top_up_link && (
        <Button
          className="mt-3"
          icon={<ExternalLink aria-hidden />}
          onClick={() => window.open(topUpLink(site.top_up_link, account), "_blank", "noopener")}
        >
          {t("wallet.buy")}
        </Button>
      )}
    </section>
  );
}

/** One API's parameters: the shop knows whom it serves. */
function topUpLink(link: string, account: { username: string; id: number }): string {
  const url = new URL(link, location.href);
  url.searchParams.set("username", account.username);
  url.searchParams.set("user_id", String(account.id));
  url.searchParams.set("transaction_id", crypto.randomUUID?.() ?? String(Date.now()));
  return url.href;
}

function Invite() {
  const { t } = useTranslation();
  const site = useSite();
  const { data: code } = useQuery({ queryKey: ["invitation"], queryFn: () => post<string>("/api/user/aff") });
  const { data: brought } = useQuery({
    queryKey: ["invited"],
    queryFn: () => get<Invited>("/api/user/invited"),
  });
  const style = useMoneyStyle();
  const link = code ? `${siteAddress(site.server_address)}/register?aff=${code}` : "";
  return (
    <section>
      <h2 className="mb-2 font-semibold">{t("wallet.invite")}</h2>
      <div className="flex items-center gap-2 rounded border border-line py-1.5 pr-1.5 pl-3">
        <span className="mono min-w-0 flex-1 truncate">{link || "…"}</span>
        <Button
          icon={<Copy aria-hidden />}
          disabled={!link}
          onClick={() => copy(link, t("wallet.inviteLink"))}
        >
          {t("action.copy")}
        </Button>
      </div>
      <p className="mt-1 text-muted text-sm">
        {t("wallet.inviteHelp")}{" "}
        {brought && brought.people > 0 && (
          <span className="text-text">
            {t("wallet.invited", {
              count: brought.people,
              people: grouped(brought.people),
              amount: money(brought.quota, style, 2),
            })}
          </span>
        )}
      </p>
    </section>
  );
}

function History() {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["top-ups"],
    queryFn: () => get<LogRow[]>("/api/log/self", { size: SHOWN, type: TOP_UP }),
  });
  return (
    <section>
      <h2 className="mb-1 font-semibold">{t("wallet.history")}</h2>
      {data?.length === 0 && <Empty title={t("wallet.historyEmpty")} />}
      <ul>
        {data?.map((row) => {
          const { by, quota } = topUpOf(row);
          return (
            <li
              key={`${row.created_at}-${row.content}`}
              className="flex min-h-8 items-center gap-3 border-line border-b py-1"
            >
              <span className="w-24 shrink-0 text-muted">
                <Time at={row.created_at} />
              </span>
              <span className="min-w-0 flex-1 wrap-anywhere">{by ? t(`wallet.by.${by}`) : row.content}</span>
              {quota > 0 && (
                <span className="text-good">
                  +<Money quota={quota} decimals={2} />
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
