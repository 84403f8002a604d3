import { Copy } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { siteAddress } from "@/base";
import { useSite } from "@/session";
import { Button } from "@/ui/Button";
import { Choices } from "@/ui/Choices";
import { Code } from "@/ui/Code";
import { copy } from "@/ui/copy";
import { Dialog } from "@/ui/Dialog";
import { codeOf, LANGUAGES, type Language, shown } from "./code";
import type { Asked } from "./wire";

/** The request that would be sent now, for a shell and for a program. */
export function CodeDialog({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const { t } = useTranslation();
  const site = useSite();
  const [language, setLanguage] = useState<Language>("curl");
  const code = codeOf(language, asked, siteAddress(site.server_address));
  return (
    <Dialog
      isOpen
      isWide
      onClose={onClose}
      title={t("play.code")}
      footer={
        <Button look="primary" icon={<Copy aria-hidden />} onClick={() => copy(code, language)}>
          {t("action.copy")}
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <Choices
          label={t("play.code")}
          value={language}
          onChange={setLanguage}
          choices={LANGUAGES.map((one) => ({ value: one, label: one }))}
        />
        <Code text={shown(code, asked.key)} />
        <p className="text-muted text-sm">{t("play.codeHelp")}</p>
      </div>
    </Dialog>
  );
}
