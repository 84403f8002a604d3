import { useTranslation } from "react-i18next";
import { forField, fromField } from "@/format/time";
import { Chip } from "@/ui/Chip";
import { Field } from "@/ui/Field";
import { Input } from "@/ui/Input";
import { Popover } from "@/ui/Popover";
import { useAddress } from "./address";
import { RANGES, type Range } from "./range";

const NAMES = { today: "log.today", "7": "log.last7", "30": "log.last30" } as const;

/** The range of time that a page is about, in its address. */
export function RangeChips({ otherwise }: { otherwise?: Range }) {
  const { t } = useTranslation();
  const [search, change] = useAddress();
  const isCustom = !!(search.from || search.to);
  const current = search.range ?? (isCustom ? undefined : otherwise);
  const set = (range: Range | undefined) =>
    change({ range, from: undefined, to: undefined, page: undefined });
  const bound = (name: "from" | "to", text: string) => {
    const seconds = fromField(text);
    change({ range: undefined, [name]: seconds ? String(seconds) : undefined, page: undefined });
  };
  const shown = (seconds: string | undefined) => (Number(seconds) > 0 ? forField(Number(seconds)) : "");
  return (
    <>
      {RANGES.map((range) => (
        <Chip
          key={range}
          isOn={current === range}
          onClick={() => set(current === range && !otherwise ? undefined : range)}
        >
          {t(NAMES[range])}
        </Chip>
      ))}
      <Popover trigger={<Chip isOn={isCustom}>{t("log.within")}</Chip>} className="w-64">
        <div className="flex flex-col gap-3 p-2">
          <Field label={t("range.from")}>
            <Input
              type="datetime-local"
              value={shown(search.from)}
              onValueChange={(text) => bound("from", text)}
            />
          </Field>
          <Field label={t("range.to")}>
            <Input
              type="datetime-local"
              value={shown(search.to)}
              onValueChange={(text) => bound("to", text)}
            />
          </Field>
        </div>
      </Popover>
    </>
  );
}
