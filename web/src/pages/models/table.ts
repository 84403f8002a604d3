/** What the cells of the two tables of prices look like. */
export const HEAD =
  "sticky top-0 z-10 h-7 whitespace-nowrap bg-bg px-2 text-right font-medium text-muted text-sm shadow-[inset_0_-1px_var(--line)]";
export const CELL = "h-8 truncate border-line border-b px-2 text-right max-sm:h-11";
/** On a phone: what has no column of its own there, beneath the name. */
export const BENEATH = "block whitespace-normal text-muted text-sm sm:hidden";
