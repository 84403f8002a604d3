import Base from "react-markdown";
import remarkGfm from "remark-gfm";

/** Text that people or models wrote, as Markdown; HTML in it is shown and never obeyed. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="prose">
      <Base
        remarkPlugins={[remarkGfm]}
        components={{
          a: ({ href, children }) => (
            <a href={href} target="_blank" rel="noreferrer nofollow">
              {children}
            </a>
          ),
        }}
      >
        {text}
      </Base>
    </div>
  );
}
