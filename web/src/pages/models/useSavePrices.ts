import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { put } from "@/api/call";
import { say, sayError } from "@/ui/toasts";
import { changeTo } from "./own";

/** Say these prices, all together; what was said before can be put back. */
export function useSavePrices() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return async (rows: Parameters<typeof changeTo>[0], said: string) => {
    const { change, back } = changeTo(rows);
    const send = async (entries: typeof change) => {
      await put("/api/prices/own", { entries });
      await client.invalidateQueries({ queryKey: ["prices"] });
      await client.invalidateQueries({ queryKey: ["settings"] });
    };
    await send(change);
    say("good", said, { label: t("action.undo"), run: () => send(back).catch(sayError) });
  };
}
