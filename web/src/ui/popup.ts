/** What everything that opens over the page looks like. */
export const POPUP =
  "fade rounded-lg border border-line-strong bg-raise p-1 shadow-pop outline-none text-text max-w-[calc(100vw-16px)]";

export const ITEM =
  "flex min-h-7 w-full cursor-default select-none items-center gap-2 rounded px-2 text-left outline-none data-highlighted:bg-hover data-disabled:opacity-50 max-sm:min-h-9 [&_svg]:size-3.5 [&_svg]:shrink-0";
