import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ask } from "@/api/call";
import type { Deed, Page } from "@/api/types";
import { exact } from "@/format/time";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Loading } from "@/ui/Loading";
import { AUDIT, differences } from "./deed";
import { useWords } from "./words";

/** One change: who made it, from where, and each field before and after. */
export function DeedDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({
    queryKey: ["deed", id],
    queryFn: () => ask<Page<Deed>>(AUDIT, { size: 1, id }),
  });
  const words = useWords();
  const deed = data?.data[0];
  const subject = deed && words.subject(deed);
  const what = deed
    ? t("audit.did", {
        kind: t(`audit.kinds.${deed.kind as "channel"}`),
        action: t(`audit.actions.${deed.action as "change"}`),
      })
    : t("place.audit");
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title={subject ? `${what} · ${subject}` : what}
      footer={<Button onClick={onClose}>{t("action.close")}</Button>}
    >
      {deed ? <Changes deed={deed} /> : <Loading error={error} retry={refetch} />}
    </Dialog>
  );
}

function Changes({ deed }: { deed: Deed }) {
  const { t } = useTranslation();
  const words = useWords();
  const by = t(`audit.means.${deed.means as "session"}`);
  return (
    <>
      <p className="mb-3 text-muted">
        {exact(deed.at)} · {deed.username} (#{deed.user_id}) · {deed.address} · {by}
      </p>
      <table className="w-full text-left">
        <thead>
          <tr className="border-line border-b text-muted">
            <th className="py-1.5 pr-3 font-normal">{t("audit.field")}</th>
            <th className="py-1.5 pr-3 font-normal">{t("audit.before")}</th>
            <th className="py-1.5 font-normal">{t("audit.after")}</th>
          </tr>
        </thead>
        <tbody>
          {differences(deed, words).map(({ name, before, after }) => (
            <tr key={name} className="border-line border-b align-top last:border-0">
              <th scope="row" className="py-1.5 pr-3 font-normal">
                {name}
              </th>
              <td className="break-all py-1.5 pr-3 text-muted">{before || "–"}</td>
              <td className="break-all py-1.5">{after || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
