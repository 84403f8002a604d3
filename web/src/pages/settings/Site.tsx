import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, put } from "@/api/call";
import type { Setting } from "@/api/types";
import { reasonOf } from "@/format/message";
import { statusQuery } from "@/session";
import { Button } from "@/ui/Button";
import { useUnsavedPage } from "@/ui/Drawer";
import { Empty } from "@/ui/Empty";
import { Loading } from "@/ui/Loading";
import { say } from "@/ui/toasts";
import { named } from "./named";
import { SettingRow } from "./SettingRow";

type Changes = ReadonlyMap<string, string>;

/** The site's settings, as the server describes them: searched, changed together, each refused where it stands. */
export function Site() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const [changes, setChanges] = useState<Changes>(new Map());
  const [errors, setErrors] = useState<Changes>(new Map());
  const [isBusy, setBusy] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["settings", i18n.language],
    queryFn: () => get<Setting[]>("/api/option/form"),
  });
  const question = useUnsavedPage(changes.size > 0);
  const groups = useMemo(() => grouped(data ?? [], text), [data, text]);
  if (!data)
    return (
      <div className="p-4">
        <Loading error={error} retry={refetch} />
      </div>
    );

  const change = (setting: Setting, value: string) => {
    const now = new Map(changes);
    if (value === setting.value && !setting.is_secret) now.delete(setting.key);
    else now.set(setting.key, value);
    setChanges(now);
  };
  const save = async () => {
    setBusy(true);
    const left = new Map(changes);
    const refused = new Map<string, string>();
    for (const [key, value] of changes) {
      try {
        await put("/api/option/", { key, value });
        left.delete(key);
      } catch (failure) {
        refused.set(key, named(reasonOf(failure), data));
      }
    }
    setBusy(false);
    setErrors(refused);
    await refetch();
    // what was typed meanwhile is still to be saved
    setChanges(
      (now) => new Map([...now].filter(([key, value]) => left.has(key) || changes.get(key) !== value)),
    );
    client.invalidateQueries({ queryKey: statusQuery.queryKey });
    const count = changes.size - left.size;
    if (count) say("good", t("settings.saved", { count }));
    const first = refused.keys().next().value;
    if (first) document.getElementById(`setting-${first}`)?.scrollIntoView({ block: "center" });
  };
  return (
    <div className="flex h-full flex-col">
      <div className="flex min-h-0 flex-1">
        <nav
          aria-label={t("settings.site")}
          className="w-54 shrink-0 overflow-y-auto py-1 pl-4 max-md:hidden"
        >
          <ul className="flex flex-col gap-px">
            {groups.map(([group, settings]) => (
              <li key={group}>
                <button
                  type="button"
                  onClick={() =>
                    document.getElementById(`group-${group}`)?.scrollIntoView({ block: "start" })
                  }
                  className="flex h-7 w-full items-center gap-2 rounded px-2 text-left text-muted hover:bg-hover hover:text-text"
                >
                  <span className="min-w-0 flex-1 truncate">{group}</span>
                  <span className="text-sm">{settings.length}</span>
                </button>
              </li>
            ))}
          </ul>
        </nav>
        <section
          className="min-w-0 flex-1 overflow-y-auto px-6 pb-10 max-md:px-4"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keys must reach it
          tabIndex={0}
          aria-label={t("settings.site")}
        >
          <div className="sticky top-0 z-10 max-w-180 bg-bg pb-2">
            <span className="field-box flex h-8 items-center gap-2 px-2.5">
              <Search className="size-3.5 text-muted" aria-hidden />
              <input
                type="search"
                value={text}
                onChange={(event) => setText(event.target.value)}
                placeholder={t("settings.search")}
                aria-label={t("settings.search")}
                className="min-w-0 flex-1 bg-transparent outline-none"
              />
            </span>
          </div>
          {groups.length === 0 && <Empty title={t("settings.none")} />}
          {groups.map(([group, settings]) => (
            <section key={group} id={`group-${group}`} className="mb-8 max-w-180 scroll-mt-12">
              <h2 className="border-line border-b py-2 font-semibold">{group}</h2>
              {settings.map((setting) => (
                <SettingRow
                  key={setting.key}
                  setting={setting}
                  help={named(setting.help, data)}
                  value={changes.get(setting.key) ?? (setting.is_secret ? "" : setting.value)}
                  isChanged={changes.has(setting.key)}
                  error={errors.get(setting.key)}
                  onChange={(value) => change(setting, value)}
                />
              ))}
            </section>
          ))}
        </section>
      </div>
      {changes.size > 0 && (
        <div className="flex min-h-11 shrink-0 items-center gap-2 border-accent border-t bg-sel px-4">
          <span className="font-medium text-accent-text">
            {t("settings.unsaved", { count: changes.size })}
          </span>
          <Button look="quiet" className="ml-auto" onClick={() => setChanges(new Map())}>
            {t("settings.discard")}
          </Button>
          <Button look="primary" isBusy={isBusy} onClick={save}>
            {t("settings.save")}
          </Button>
        </div>
      )}
      {question}
    </div>
  );
}

function grouped(settings: Setting[], text: string): [string, Setting[]][] {
  const wanted = text.trim().toLowerCase();
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) {
    const said = `${setting.label} ${setting.help} ${setting.key}`.toLowerCase();
    if (!said.includes(wanted)) continue;
    groups.set(setting.group, [...(groups.get(setting.group) ?? []), setting]);
  }
  return [...groups];
}
