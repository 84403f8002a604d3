import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Copy, Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import { IconButton } from "@/ui/Button";
import { copy } from "@/ui/copy";
import { Empty } from "@/ui/Empty";
import { Loading } from "@/ui/Loading";

/** The models that the reader's group may use. */
export function Page() {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const { data, error, refetch } = useQuery({
    queryKey: ["available-models"],
    queryFn: () => get<string[]>("/api/user/available_models"),
  });
  const wanted = text.trim().toLowerCase();
  const models = (data ?? []).filter((model) => model.toLowerCase().includes(wanted));
  return (
    <div className="flex h-full flex-col">
      <div className="flex min-h-12 shrink-0 items-center gap-3 px-4">
        <span className="flex h-7 w-60 items-center gap-1.5 rounded border border-line bg-panel px-2 focus-within:border-accent">
          <Search className="size-3.5 shrink-0 text-muted" aria-hidden />
          <input
            type="search"
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder={t("model.search")}
            aria-label={t("model.search")}
            className="min-w-0 flex-1 bg-transparent outline-none"
          />
        </span>
        {data && <span className="truncate text-muted">{t("model.count", { count: data.length })}</span>}
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-4 pb-8">
        {!data && <Loading error={error} retry={refetch} />}
        {data && models.length === 0 && (
          <Empty title={data.length ? t("list.noneFound") : t("model.empty")}>
            {!data.length && t("model.emptyHelp")}
          </Empty>
        )}
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(17rem,1fr))] gap-x-8">
          {models.map((model) => (
            <li key={model} className="flex h-9 items-center gap-1 border-line border-b">
              <span className="mono min-w-0 flex-1 truncate" title={model}>
                {model}
              </span>
              <IconButton
                label={`${t("action.copy")} ${model}`}
                className="!size-6"
                onClick={() => copy(model, t("model.copied"))}
              >
                <Copy className="!size-3.5" aria-hidden />
              </IconButton>
              <Link
                to="/playground"
                search={{ model } as never}
                aria-label={`${t("model.try")} ${model}`}
                className="rounded px-1.5 text-muted hover:bg-hover hover:text-text"
              >
                {t("model.try")}
              </Link>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
