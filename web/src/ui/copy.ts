import i18next from "i18next";
import { say } from "./toasts";

/** Put text on the clipboard, and say so; where the browser refuses (no TLS), the old way. */
export async function copy(text: string, what?: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text);
  }
  say("good", what ? i18next.t("copied.what", { what }) : i18next.t("copied.plain"));
}

function copyBySelection(text: string): void {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "fixed opacity-0";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
