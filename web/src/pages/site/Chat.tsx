import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { ApiKey } from "@/api/types";
import { siteAddress } from "@/base";
import { useSite } from "@/session";
import { Empty } from "@/ui/Empty";

const ENABLED = 1;

/** The site's chat page in a frame, with the reader's first key, as One API opens it. */
export function Page() {
  const { t } = useTranslation();
  const site = useSite();
  const keys = useQuery({
    queryKey: ["first-key"],
    enabled: !!site.chat_link,
    queryFn: () => get<ApiKey[]>("/api/token/", { size: 1, status: ENABLED }),
  });
  if (!site.chat_link) return <Empty title={t("site.noChat")} />;
  if (!keys.data) return null;
  const key = keys.data[0]?.key;
  const settings = JSON.stringify({ key: key ? `sk-${key}` : "", url: siteAddress(site.server_address) });
  const address = `${site.chat_link.replace(/\/+$/, "")}/#/?settings=${encodeURIComponent(settings)}`;
  return (
    <iframe
      src={address}
      title={t("site.chat")}
      className="size-full border-0"
      allow="clipboard-write; microphone"
    />
  );
}
