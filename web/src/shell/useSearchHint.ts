import { useTranslation } from "react-i18next";
import { useIsAdmin } from "@/session";

/** What can be found, for those who look for it: a customer sees neither channels nor users. */
export function useSearchHint(): string {
  const { t } = useTranslation();
  return t(useIsAdmin() ? "shell.search" : "shell.searchOwn");
}
