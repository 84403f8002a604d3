import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

/** Kilobytes (1024) of gzip: what a visit loads that begins at the dashboard, and what each step from there adds. */
const BUDGETS = { first: 260, page: 60, answer: 160 };
const FIRST = /shell\/Shell\.tsx$|dashboard\/Dashboard\.tsx$|text\/zh\.json$/;
const PAGE = /src\/pages\/.+\.tsx$/;
/** What a model's answer may need: formulas, code in colours. */
const ANSWER = /playground\/(Formula|Coloured)\.tsx$/;

type Chunk = Rollup.OutputChunk;

/** Fails a build that has become too heavy, and says what every page weighs. */
export function budgets(): Plugin {
  return {
    name: "budgets",
    apply: "build",
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((part): part is Chunk => part.type === "chunk");
      const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
      const styles = Object.values(bundle).filter((part) => part.fileName.endsWith(".css"));
      const weight = (names: Iterable<string>) =>
        [...names].reduce((sum, name) => sum + gzipSync(byName.get(name)?.code ?? "").length, 0) / 1024;
      const needed = (chunk: Chunk, known = new Set<string>()): Set<string> => {
        if (known.has(chunk.fileName)) return known;
        known.add(chunk.fileName);
        for (const name of chunk.imports) {
          const other = byName.get(name);
          if (other) needed(other, known);
        }
        return known;
      };
      const first = new Set<string>();
      for (const chunk of chunks) {
        if (chunk.isEntry || FIRST.test(chunk.facadeModuleId ?? "")) needed(chunk, first);
      }
      const css =
        styles.reduce((sum, part) => sum + gzipSync(part.type === "asset" ? part.source : "").length, 0) /
        1024;
      const told = [`first load ${(weight(first) + css).toFixed(0)} kB of ${BUDGETS.first}`];
      const heavy = weight(first) + css > BUDGETS.first ? ["first load"] : [];
      for (const chunk of chunks.filter((one) => one.isDynamicEntry && PAGE.test(one.facadeModuleId ?? ""))) {
        // A drawer is opened from its page, whose parts are there by then.
        const before = new Set(first);
        for (const opener of chunks.filter(
          (one) => !one.isEntry && one.dynamicImports.includes(chunk.fileName),
        )) {
          needed(opener, before);
        }
        const own = weight([...needed(chunk)].filter((name) => !before.has(name)));
        told.push(`${chunk.name} ${own.toFixed(0)}`);
        const budget = ANSWER.test(chunk.facadeModuleId ?? "") ? BUDGETS.answer : BUDGETS.page;
        if (own > budget) heavy.push(chunk.name);
      }
      console.log(`gzip: ${told.join(", ")}`);
      if (heavy.length) this.error(`too heavy: ${heavy.join(", ")}`);
    },
  };
}
