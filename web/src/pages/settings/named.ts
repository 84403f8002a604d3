import type { Setting } from "@/api/types";

/** A setting's help or refusal, as the form calls the settings that it names; and with the site's real address. */
export function named(text: string, settings: Pick<Setting, "key" | "label" | "value">[]): string {
  const known = new Map(settings.map((one) => [one.key, one]));
  return text
    .replace(/<(\w+)>/g, (said, key: string) => known.get(key)?.value || said)
    .replace(/`(\w+)`/g, (said, key: string) => {
      const label = known.get(key)?.label;
      return label ? `“${label}”` : said;
    });
}
