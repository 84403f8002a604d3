/** Hues of a chart, as tokens; the last is for all that are not shown by name. */
const HUES = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6"];
const OTHERS = "--c7";
export const NAMED_MAX = HUES.length;

/** The hue of every name: the same name has the same one everywhere, as far as two do not want the same. */
export function coloursOf(names: string[]): Map<string, string> {
  const taken = new Set<number>();
  const found = new Map<string, string>();
  for (const name of names.slice(0, HUES.length)) {
    let place = hash(name) % HUES.length;
    while (taken.has(place)) place = (place + 1) % HUES.length;
    taken.add(place);
    found.set(name, `var(${HUES[place]})`);
  }
  return found;
}

export const OTHERS_COLOUR = `var(${OTHERS})`;

/** FNV's mixing, begun where the names that are met most get hues that look well together. */
function hash(text: string): number {
  let value = 1428;
  for (const letter of text) value = Math.imul(value ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  return value >>> 7;
}
