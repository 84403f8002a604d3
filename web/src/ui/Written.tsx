import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { createElement, type ReactNode, useMemo } from "react";

/**
 * What root wrote for readers, as Markdown or HTML. The server has made it harmless, Markdown may take it apart anew: so it
 * is read into a document that nothing runs in, and what is known there is drawn; styles by property, as the policy demands.
 */
export function Written({ text }: { text: string }) {
  const drawn = useMemo(() => read(text), [text]);
  return <div className="prose">{drawn}</div>;
}

const TAGS = new Set(
  "a abbr article aside b blockquote br center code dd del details div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q s samp section small span strong sub summary sup table tbody td tfoot th thead tr u ul".split(
    " ",
  ),
);
const DROPPED = new Set(["script", "style", "iframe", "object", "template", "svg", "math"]);
const ATTRIBUTES: Record<string, string> = {
  align: "align",
  alt: "alt",
  colspan: "colSpan",
  height: "height",
  rowspan: "rowSpan",
  start: "start",
  title: "title",
  width: "width",
};
const LINK = /^(https?:|mailto:|tel:|[/#])/i;
const PICTURE = /^(https?:|data:image\/|\/)/i;
const STYLE =
  /^(color|background|opacity|font|line-height|text-|vertical-align|white-space|word-break|margin|padding|((max|min)-)?(width|height)$|display|border|list-style|flex|gap|justify-content|align-items)/;

function read(text: string): ReactNode[] {
  const html = micromark(text, {
    allowDangerousHtml: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  // A style attribute would be judged by the page's policy as soon as it is read.
  const inert = html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));
  return children(new DOMParser().parseFromString(inert, "text/html").body);
}

function children(node: Node): ReactNode[] {
  return [...node.childNodes].map((child, place) =>
    child instanceof Element
      ? element(child, place)
      : child.nodeType === Node.TEXT_NODE
        ? child.textContent
        : null,
  );
}

function element(node: Element, key: number): ReactNode {
  const tag = node.localName;
  if (DROPPED.has(tag)) return null;
  const inside = children(node);
  if (!TAGS.has(tag)) return createElement("span", { key }, ...inside);
  const props = { key, ...attributesOf(node) };
  return inside.length ? createElement(tag, props, ...inside) : createElement(tag, props);
}

function attributesOf(node: Element): Record<string, unknown> {
  const props: Record<string, unknown> = {};
  for (const { name, value } of node.attributes) {
    const known = ATTRIBUTES[name];
    if (known) props[known] = value;
  }
  const style = styleOf(node.getAttribute("data-style") ?? "");
  if (style) props.style = style;
  const href = node.getAttribute("href")?.trim() ?? "";
  if (LINK.test(href)) Object.assign(props, { href, target: "_blank", rel: "noreferrer nofollow" });
  const src = node.getAttribute("src")?.trim() ?? "";
  if (PICTURE.test(src)) props.src = src;
  return props;
}

/** The properties of a style that lay out text; nothing that covers the page or loads something. */
function styleOf(text: string): Record<string, string> | undefined {
  const entries = text
    .split(";")
    .map((part) => part.split(/:(.*)/s).map((half) => half?.trim() ?? ""))
    .filter(
      ([name = "", value = ""]) =>
        STYLE.test(name.toLowerCase()) && value && !/url\(|expression/i.test(value),
    )
    .map(([name = "", value = ""]) => [camel(name.toLowerCase()), value.replace(/\s*!important$/i, "")]);
  return entries.length ? Object.fromEntries(entries) : undefined;
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
