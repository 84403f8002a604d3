import { useLayoutEffect, useRef, useState } from "react";
import { isTyping } from "@/shell/commands";

interface Steps {
  count: number;
  open: (place: number) => void;
  select: (place: number) => void;
}

/**
 * j and k go down and up, x selects, enter opens; the place where the keys are, -1 before the first.
 * Heard as soon as the rows are there to be seen.
 */
export function useListKeys({ count, open, select }: Steps): number {
  const [place, setPlace] = useState(-1);
  const current = Math.min(place, count - 1);
  const latest = useRef(-1); // keys may come faster than what they do is drawn
  useLayoutEffect(() => {
    const move = (to: number) => {
      latest.current = to;
      setPlace(to);
    };
    if (latest.current >= count) move(count - 1);
    const pressed = (event: KeyboardEvent) => {
      if (isTyping(event) || event.metaKey || event.ctrlKey || event.altKey) return;
      if (document.querySelector("[role=dialog][data-modal], [role=alertdialog]")) return;
      if (event.key === "j" || event.key === "k") leaveLink();
      const at = latest.current;
      if (event.key === "j") move(Math.min(at + 1, count - 1));
      else if (event.key === "k") move(Math.max(at - 1, 0));
      else if (event.key === "x" && at >= 0) select(at);
      else if (event.key === "Enter" && at >= 0 && isFree(event.target)) open(at);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [count, open, select]);
  return current;
}

/** Enter is for the row now, not for the link that led here. */
function leaveLink(): void {
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && !isFree(focused)) focused.blur();
}

function isFree(target: EventTarget | null): boolean {
  return !(target as HTMLElement | null)?.closest("button, a, input, [role=menuitem]");
}
