import i18next from "i18next";
import { say } from "@/ui/toasts";

const LARGEST_BYTES = 10_000_000;

/** Read pictures as `data:` addresses; what is no picture, or too large, is said and left out. */
export async function readImages(files: Iterable<File>): Promise<string[]> {
  const read: string[] = [];
  for (const file of files) {
    if (!file.type.startsWith("image/")) say("bad", i18next.t("play.noPicture", { name: file.name }));
    else if (file.size > LARGEST_BYTES) say("bad", i18next.t("play.tooLarge", { name: file.name }));
    else read.push(await addressOf(file));
  }
  return read;
}

function addressOf(file: File): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
}
