const CODE = /(```[\s\S]*?(?:```|$)|`[^`\n]*`)/;

/**
 * Say formulas in the one form that is read here, `$$…$$`: models write `\(…\)`, `\[…\]`, `$…$` and `$$…$$`.
 * A single dollar begins a formula only where money cannot be meant: no space behind it, none before the end, no digit after.
 */
export function withFormulas(text: string): string {
  if (!/[$\\]/.test(text)) return text;
  return text
    .split(CODE)
    .map((part, place) => (place % 2 ? part : marked(part)))
    .join("");
}

function marked(text: string): string {
  return text
    .replace(/\\\[([\s\S]+?)\\\]/g, (_, formula: string) => block(formula))
    .replace(/^[ \t]*\$\$([^\n]+?)\$\$[ \t]*$/gm, (_, formula: string) => block(formula))
    .replace(/\\\(([\s\S]+?)\\\)/g, (_, formula: string) => inline(formula.trim()))
    .replace(/(?<![\\$\d])\$(?![\s$])([^$\n]*?[^\s$\\])\$(?![\d$])/g, (_, formula: string) =>
      inline(formula),
    );
}

function block(formula: string): string {
  return `\n\n$$\n${formula.trim()}\n$$\n\n`;
}

function inline(formula: string): string {
  return `$$${formula}$$`;
}
