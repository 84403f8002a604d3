/** A piece of code or an address, to be read; what is long is scrolled. */
export function Code({ text }: { text: string }) {
  return (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keys must reach it
      tabIndex={0}
      className="mono max-h-[56vh] overflow-auto whitespace-pre-wrap wrap-anywhere rounded border border-line bg-bg p-3 leading-5"
    >
      {text}
    </pre>
  );
}
