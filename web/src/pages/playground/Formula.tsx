import katex from "katex";
import { useLayoutEffect, useRef, useState } from "react";

/** A formula in the browser's own MathML: it needs neither fonts nor styles of its own. */
export function Formula({ text, isBlock }: { text: string; isBlock: boolean }) {
  const place = useRef<HTMLSpanElement>(null);
  const [isBad, setBad] = useState(false);
  useLayoutEffect(() => {
    if (!place.current) return;
    try {
      katex.render(text, place.current, { output: "mathml", displayMode: isBlock, strict: false });
      setBad(false);
    } catch {
      // one that is still being written, or is none
      place.current.textContent = "";
      setBad(true);
    }
  }, [text, isBlock]);
  return (
    <>
      {/* Chinese text has other fonts, whose digits and roots do not fit a formula. */}
      <span ref={place} lang="en" hidden={isBad} />
      {isBad && <code>{text}</code>}
    </>
  );
}
