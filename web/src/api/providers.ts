import { useQuery } from "@tanstack/react-query";
import i18next from "i18next";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { queryClient } from "@/session";
import { get } from "./call";
import { ordered } from "./providerOrder";
import type { Provider } from "./types";

/** The vendors, as the server describes them, in the order of a reader of this language; the page knows none by name. */
export function useProviders(): Provider[] {
  const { i18n } = useTranslation();
  const { data } = useQuery({
    queryKey: ["providers", i18n.language],
    queryFn: () => get<Provider[]>("/api/providers"),
    staleTime: 60 * 60_000,
  });
  return useMemo(() => ordered(data ?? [], i18n.language), [data, i18n.language]);
}

/** What a vendor is called, as far as it is known by now. */
export function providerName(type: number): string {
  const known = queryClient.getQueryData<Provider[]>(["providers", i18next.language]);
  return known?.find((provider) => provider.type === type)?.name || i18next.t("channel.type", { type });
}
