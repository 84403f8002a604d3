import { useQueryClient } from "@tanstack/react-query";
import { Ellipsis } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { remove } from "@/api/call";
import { IconButton } from "@/ui/Button";
import { Confirm } from "@/ui/Dialog";
import { Menu } from "@/ui/Menu";
import { say, sayError } from "@/ui/toasts";

/** What is done to all channels; a phone has it here only. */
export function More({ testAll, updateBalances }: { testAll: () => void; updateBalances: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const drop = async () => {
    setAsking(false);
    try {
      const count = await remove<number>("/api/channel/disabled");
      say("good", t("channel.deletedDisabled", { count }));
      client.invalidateQueries({ queryKey: ["list", "/api/channel/"] });
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t("shell.more")}>
            <Ellipsis aria-hidden />
          </IconButton>
        }
        groups={[
          {
            entries: [
              { label: t("channel.testAll"), onSelect: testAll },
              { label: t("channel.updateBalances"), onSelect: updateBalances },
            ],
          },
          {
            entries: [
              { label: t("channel.deleteDisabled"), isDangerous: true, onSelect: () => setAsking(true) },
            ],
          },
        ]}
      />
      <Confirm
        isOpen={isAsking}
        title={t("channel.deleteDisabled")}
        action={t("action.delete")}
        isDangerous
        onConfirm={drop}
        onCancel={() => setAsking(false)}
      >
        {t("channel.deleteDisabledQuestion")}
      </Confirm>
    </>
  );
}
