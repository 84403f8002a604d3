import { Code, Columns2, KeyRound, SlidersHorizontal, Trash2, Wrench, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ApiKey } from "@/api/types";
import { useAddress } from "@/list/address";
import { Button, IconButton } from "@/ui/Button";
import { Picker } from "@/ui/Picker";
import { Popover } from "@/ui/Popover";
import { type Chosen, Parameters } from "./Parameters";

interface BarProps {
  keys: ApiKey[];
  choice: {
    keyId: string;
    setKeyId: (id: string) => void;
    offered: string[];
    first: string;
    second: string | undefined;
  };
  chosen: Chosen;
  onChosen: (chosen: Chosen) => void;
  toolCount: number;
  isRunning: boolean;
  onTools: () => void;
  onCode: () => void;
  onCompare: () => void;
  onClear: () => void;
}

/** What is asked, by which key, with what; and what can be done with it. */
export function Bar(props: BarProps) {
  const { keys, choice, chosen, onChosen, toolCount, isRunning, onTools, onCode, onCompare, onClear } = props;
  const { t } = useTranslation();
  const [, change] = useAddress();
  const models = choice.offered.map((name) => ({ value: name, label: name }));
  return (
    <div className="flex min-h-12 shrink-0 flex-wrap items-center gap-2 border-line border-b px-4 py-1.5">
      <span className="w-56 max-sm:w-full">
        <Picker
          isMono
          label={t("play.model")}
          value={choice.first}
          onChange={(name) => change({ model: name }, true)}
          choices={models}
        />
      </span>
      {choice.second === undefined ? (
        <Button
          look="quiet"
          icon={<Columns2 aria-hidden />}
          disabled={isRunning || choice.offered.length === 0}
          onClick={() => {
            onCompare();
            change({ other: choice.offered.find((name) => name !== choice.first) ?? choice.first }, true);
          }}
        >
          <span className="max-sm:sr-only">{t("play.compare")}</span>
        </Button>
      ) : (
        <span className="flex w-64 items-center gap-1 max-sm:w-full">
          <span className="min-w-0 flex-1">
            <Picker
              isMono
              label={t("play.otherModel")}
              value={choice.second}
              onChange={(name) => change({ other: name }, true)}
              choices={models}
            />
          </span>
          <IconButton
            label={t("play.compareNot")}
            disabled={isRunning}
            onClick={() => change({ other: undefined }, true)}
          >
            <X aria-hidden />
          </IconButton>
        </span>
      )}
      <span className="w-40 max-sm:w-24 max-sm:flex-1">
        <Picker
          icon={<KeyRound aria-hidden />}
          label={t("play.key")}
          value={choice.keyId}
          onChange={choice.setKeyId}
          choices={keys.map((one) => ({ value: String(one.id), label: one.name }))}
        />
      </span>
      <Popover
        align="start"
        className="w-80"
        trigger={
          <Button icon={<SlidersHorizontal aria-hidden />}>
            <span className="max-sm:sr-only">{t("play.parameters")}</span>
          </Button>
        }
      >
        <Parameters chosen={chosen} onChange={onChosen} />
      </Popover>
      <Button icon={<Wrench aria-hidden />} onClick={onTools}>
        <span className="max-sm:sr-only">
          {toolCount ? t("play.toolCount", { count: toolCount }) : t("play.tools")}
        </span>
        {toolCount > 0 && (
          <span className="sm:hidden" aria-hidden>
            {toolCount}
          </span>
        )}
      </Button>
      <span className="ml-auto flex items-center gap-1">
        <IconButton label={t("play.code")} onClick={onCode}>
          <Code aria-hidden />
        </IconButton>
        <IconButton label={t("play.clear")} onClick={onClear} disabled={isRunning}>
          <Trash2 aria-hidden />
        </IconButton>
      </span>
    </div>
  );
}
