import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "@/ui/Button";
import { AS_TYPED } from "@/ui/Input";

interface Pair {
  id: number;
  from: string;
  to: string;
}

interface MappingProps {
  /** A JSON object of names, or nothing. */
  value: string;
  onChange: (value: string) => void;
  suggestions: string[];
}

let next = 1;
const blank = (): Pair => ({ id: next++, from: "", to: "" });

/** A JSON object of names to names, as two columns; the last line is always free for another one. */
export function Mapping({ value, onChange, suggestions }: MappingProps) {
  const { t } = useTranslation();
  const [pairs, setPairs] = useState<Pair[]>(() => [...read(value), blank()]);
  const change = (now: Pair[]) => {
    const last = now.at(-1);
    setPairs(last?.from || last?.to || !last ? [...now, blank()] : now);
    const filled = now.filter((pair) => pair.from || pair.to);
    onChange(
      filled.length ? JSON.stringify(Object.fromEntries(filled.map((pair) => [pair.from, pair.to]))) : "",
    );
  };
  const put = (id: number, part: Partial<Pair>) =>
    change(pairs.map((pair) => (pair.id === id ? { ...pair, ...part } : pair)));
  return (
    <div className="field-box overflow-hidden focus-within:outline-none group-data-error/field:border-bad">
      <datalist id="mapping-names">
        {suggestions.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {pairs.map((pair, place) => (
        <div
          key={pair.id}
          className="grid h-7.5 grid-cols-[1fr_20px_1fr_28px] items-center border-line border-b pl-2 last:border-0 max-sm:h-9"
        >
          <Name label={t("mapping.from")} value={pair.from} onChange={(from) => put(pair.id, { from })} />
          <span className="text-muted" aria-hidden>
            →
          </span>
          <Name
            label={t("mapping.to")}
            value={pair.to}
            onChange={(to) => put(pair.id, { to })}
            list="mapping-names"
          />
          {place < pairs.length - 1 && (
            <IconButton
              label={t("form.remove", { name: pair.from })}
              onClick={() => change(pairs.filter((one) => one.id !== pair.id))}
              className="!size-6"
            >
              <X aria-hidden />
            </IconButton>
          )}
        </div>
      ))}
    </div>
  );
}

interface NameProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  list?: string;
}

function Name({ label, value, onChange, list }: NameProps) {
  return (
    <input
      {...AS_TYPED}
      value={value}
      onChange={(event) => onChange(event.target.value.trim())}
      aria-label={label}
      placeholder={label}
      list={list}
      className="mono h-full w-full min-w-0 bg-transparent outline-none placeholder:font-sans focus-visible:bg-sel"
    />
  );
}

function read(text: string): Pair[] {
  if (!text.trim()) return [];
  try {
    return Object.entries(JSON.parse(text) as Record<string, unknown>).map(([from, to]) => ({
      id: next++,
      from,
      to: String(to),
    }));
  } catch {
    return [];
  }
}
