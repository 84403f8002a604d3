import Base, { type Components, type Options } from "react-markdown";
import remarkGfm from "remark-gfm";

interface MarkdownProps {
  text: string;
  /** What is read and drawn beyond Markdown itself. */
  plugins?: NonNullable<Options["remarkPlugins"]>;
  components?: Components;
}

const LINKS: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer nofollow">
      {children}
    </a>
  ),
};

/** Text that people or models wrote, as Markdown; HTML in it is shown and never obeyed. */
export function Markdown({ text, plugins = [], components = {} }: MarkdownProps) {
  return (
    <div className="prose">
      <Base remarkPlugins={[remarkGfm, ...plugins]} components={{ ...LINKS, ...components }}>
        {text}
      </Base>
    </div>
  );
}
