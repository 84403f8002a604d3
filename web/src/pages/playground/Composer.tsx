import { ImagePlus, RotateCcw, Square, X } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "@/ui/Button";
import { readImages } from "./images";

interface ComposerProps {
  text: string;
  images: string[];
  onText: (text: string) => void;
  onImages: (images: string[]) => void;
  onSend: () => void;
  onStop: () => void;
  /** Undefined where there is nothing to ask again. */
  onAgain: (() => void) | undefined;
  isRunning: boolean;
  canSend: boolean;
}

const LINES_MAX = 8;
// a phone has no room for what the keys do
const HAS_ROOM = matchMedia("(min-width: 40rem)").matches;

/** What is said next: typed, and pictures that are chosen, pasted or dropped. */
export function Composer(props: ComposerProps) {
  const { text, images, onText, onImages, onSend, onStop, onAgain, isRunning, canSend } = props;
  const { t } = useTranslation();
  const chooser = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const take = async (files: Iterable<File>) => onImages([...images, ...(await readImages(files))]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take([...event.dataTransfer.files]);
      }}
      className="mx-auto w-full max-w-200 shrink-0 px-4 pt-2 pb-4"
    >
      <Pictures images={images} onImages={onImages} />
      <div className="flex items-end gap-2">
        <div className={`field-box flex min-w-0 flex-1 items-end ${isOver ? "border-accent bg-sel" : ""}`}>
          <textarea
            value={text}
            onChange={(event) => onText(event.target.value)}
            onPaste={(event) => {
              const files = [...event.clipboardData.files];
              if (!files.length) return;
              event.preventDefault();
              take(files);
            }}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              onSend();
            }}
            rows={Math.min(LINES_MAX, Math.max(2, text.split("\n").length))}
            placeholder={isOver ? t("play.drop") : t(HAS_ROOM ? "play.hint" : "play.message")}
            aria-label={t("play.message")}
            className="min-w-0 flex-1 resize-none bg-transparent px-3 py-2 outline-none"
          />
          <IconButton label={t("play.addPicture")} className="m-1.5" onClick={() => chooser.current?.click()}>
            <ImagePlus aria-hidden />
          </IconButton>
          <input
            ref={chooser}
            type="file"
            accept="image/*"
            multiple
            hidden
            onChange={(event) => {
              take([...(event.target.files ?? [])]);
              event.target.value = "";
            }}
          />
        </div>
        <div className="flex flex-col gap-1.5">
          {onAgain && !isRunning && (
            <IconButton label={t("play.regenerate")} onClick={onAgain}>
              <RotateCcw aria-hidden />
            </IconButton>
          )}
          {isRunning ? (
            <Button icon={<Square aria-hidden />} onClick={onStop}>
              {t("play.stop")}
            </Button>
          ) : (
            <Button type="submit" look="primary" disabled={!canSend}>
              {t("play.ask")}
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}

function Pictures({ images, onImages }: { images: string[]; onImages: (images: string[]) => void }) {
  const { t } = useTranslation();
  if (images.length === 0) return null;
  return (
    <ul className="mb-2 flex flex-wrap gap-2">
      {images.map((url, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same picture may be there twice
        <li key={place} className="relative">
          <img
            src={url}
            alt={t("play.picture", { number: place + 1 })}
            className="size-14 rounded border border-line object-cover"
          />
          <IconButton
            label={t("play.removePicture", { number: place + 1 })}
            className="!size-5 absolute -top-1.5 -right-1.5 border border-line bg-raise"
            onClick={() => onImages(images.filter((_, other) => other !== place))}
          >
            <X className="!size-3" aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
