import { toJsxRuntime } from "hast-util-to-jsx-runtime";
import { common, createLowlight } from "lowlight";
import { memo } from "react";
import { Fragment, jsx, jsxs } from "react/jsx-runtime";

const colours = createLowlight(common);

/** Code in the colours of its language, where it is one of those that are known. */
export const Coloured = memo(function Coloured({ text, language }: { text: string; language: string }) {
  if (!colours.registered(language)) return <code>{text}</code>;
  return <code>{toJsxRuntime(colours.highlight(language, text), { Fragment, jsx, jsxs })}</code>;
});
