import { useQuery } from "@tanstack/react-query";
import i18next from "i18next";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import { useProviders } from "@/api/providers";
import type { Deed, Setting } from "@/api/types";
import { useIsRoot, useMoneyStyle } from "@/session";
import { said } from "./said";

/** How a change is told to people: the audit has the names and numbers that the database has. */
export interface Words {
  field: (name: string) => string;
  value: (kind: string, name: string, value: unknown) => string;
  subject: (deed: Pick<Deed, "kind" | "subject" | "subject_id">) => string;
}

export function useWords(): Words {
  const { t, i18n } = useTranslation();
  const style = useMoneyStyle();
  const providers = useProviders();
  const { data: settings } = useQuery({
    queryKey: ["settings", i18n.language],
    enabled: useIsRoot(),
    queryFn: () => get<Setting[]>("/api/option/form"),
  });
  return useMemo(() => {
    const vendors = new Map(providers.map((one) => [one.type, one.name]));
    const labels = new Map((settings ?? []).map((one) => [one.key, one.label]));
    return {
      field,
      value: (kind, name, value) =>
        (name === "type" && vendors.get(value as number)) || said(kind, name, value, style),
      subject: ({ kind, subject, subject_id }) => {
        if (kind === "job" && subject) return t(`job.kinds.${subject as "test_channels"}`);
        return (kind === "option" && labels.get(subject)) || subject || (subject_id ? `#${subject_id}` : "");
      },
    };
  }, [t, providers, settings, style]);
}

function field(name: string): string {
  return i18next.exists(`audit.fields.${name}`) ? i18next.t(`audit.fields.${name as "name"}`) : name;
}
