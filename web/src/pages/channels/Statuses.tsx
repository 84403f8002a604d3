import { Plus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/ui/Button";
import { Input } from "@/ui/Input";
import { Select } from "@/ui/Select";

/** Statuses as which a vendor's may be treated. */
const OTHERS = ["400", "403", "404", "408", "422", "429", "500", "502", "503", "504", "529"];

interface Pair {
  id: number;
  status: string;
  action: string;
}

interface StatusesProps {
  value: unknown;
  onChange: (value: Record<string, string> | "") => void;
  actions: string[];
}

let next = 1;

/** What is done about a vendor's statuses: a row each. */
export function Statuses({ value, onChange, actions }: StatusesProps) {
  const { t } = useTranslation();
  const [pairs, setPairs] = useState<Pair[]>(() =>
    Object.entries((value as Record<string, unknown>) || {}).map(([status, action]) => ({
      id: next++,
      status,
      action: String(action),
    })),
  );
  const change = (now: Pair[]) => {
    setPairs(now);
    const said = now.filter((pair) => pair.status);
    onChange(said.length ? Object.fromEntries(said.map((pair) => [pair.status, pair.action])) : "");
  };
  const put = (id: number, part: Partial<Pair>) =>
    change(pairs.map((pair) => (pair.id === id ? { ...pair, ...part } : pair)));
  const choices = (action: string) =>
    [...new Set([...actions, ...OTHERS, action])].map((name) => ({
      value: name,
      label: actions.includes(name) ? name : t("statuses.as", { status: name }),
    }));
  return (
    <div className="flex flex-col items-start gap-1.5">
      {pairs.map((pair) => (
        <div key={pair.id} className="flex w-full items-center gap-1.5">
          <Input
            isMono
            className="w-28"
            aria-label={t("statuses.status")}
            placeholder="5xx"
            value={pair.status}
            onValueChange={(status: string) => put(pair.id, { status: status.trim() })}
          />
          <Select
            className="w-44"
            label={t("statuses.action", { status: pair.status })}
            value={pair.action}
            choices={choices(pair.action)}
            onChange={(action) => put(pair.id, { action })}
          />
          <IconButton
            label={t("form.remove", { name: pair.status })}
            onClick={() => change(pairs.filter((one) => one.id !== pair.id))}
          >
            <X aria-hidden />
          </IconButton>
        </div>
      ))}
      <Button
        icon={<Plus aria-hidden />}
        onClick={() => setPairs([...pairs, { id: next++, status: "", action: actions[0] ?? "" }])}
      >
        {t("statuses.add")}
      </Button>
    </div>
  );
}
