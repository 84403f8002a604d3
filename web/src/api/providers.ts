import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "./call";
import type { Provider } from "./types";

/** The vendors, as the server describes them; the page knows none by name. */
export function useProviders(): Provider[] {
  const { i18n } = useTranslation();
  const { data } = useQuery({
    queryKey: ["providers", i18n.language],
    queryFn: () => get<Provider[]>("/api/providers"),
    staleTime: 60 * 60_000,
  });
  return data ?? [];
}
