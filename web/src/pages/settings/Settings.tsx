import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useAddress } from "@/list/address";
import { useIsRoot } from "@/session";
import { Choices } from "@/ui/Choices";
import { Loading } from "@/ui/Loading";

const Mine = lazy(() => import("./Mine").then((part) => ({ default: part.Mine })));
const Site = lazy(() => import("./Site").then((part) => ({ default: part.Site })));

export function Page() {
  const { t } = useTranslation();
  const isRoot = useIsRoot();
  const [search, change] = useAddress();
  const isSite = isRoot && search.tab === "site";
  return (
    <div className="flex h-full flex-col">
      {isRoot && (
        <div className="flex min-h-12 shrink-0 items-center px-4">
          <Choices
            label={t("place.settings")}
            value={isSite ? "site" : "mine"}
            onChange={(tab) => change({ tab: tab === "site" ? "site" : undefined, q: undefined })}
            choices={[
              { value: "mine", label: t("settings.mine") },
              { value: "site", label: t("settings.site") },
            ]}
          />
        </div>
      )}
      <div className="min-h-0 flex-1">
        <Suspense
          fallback={
            <div className="p-4">
              <Loading />
            </div>
          }
        >
          {isSite ? <Site /> : <Mine />}
        </Suspense>
      </div>
    </div>
  );
}
