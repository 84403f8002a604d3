import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { getAnonymously } from "@/api/call";
import type { Prices } from "@/api/types";
import { useAddress } from "@/list/address";
import { Found, SearchModels } from "@/pages/models/Found";
import { Loading } from "@/ui/Loading";
import { Frame } from "./Public";

/** Models and prices as visitors see them, where root has said so. */
export function PublicPrices() {
  const { t, i18n } = useTranslation();
  const [search] = useAddress();
  const { data, error, refetch } = useQuery({
    queryKey: ["prices", "public", i18n.language],
    queryFn: () => getAnonymously<Prices>("/api/prices/public"),
  });
  return (
    <Frame>
      <div className="mx-auto w-full max-w-320 px-4 pb-8">
        <div className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-1.5 py-1.5">
          <SearchModels />
          {data && <span className="text-muted">{t("model.count", { count: data.models.length })}</span>}
        </div>
        {data ? <Found prices={data} text={search.q} /> : <Loading error={error} retry={refetch} />}
      </div>
    </Frame>
  );
}
