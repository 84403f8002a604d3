import { Copy } from "lucide-react";
import { isValidElement, lazy, type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { Components } from "react-markdown";
import remarkMath from "remark-math";
import { IconButton } from "@/ui/Button";
import { copy } from "@/ui/copy";
import { Markdown } from "@/ui/Markdown";
import { withFormulas } from "./formulas";

const Formula = lazy(() => import("./Formula").then((part) => ({ default: part.Formula })));
const Coloured = lazy(() => import("./Coloured").then((part) => ({ default: part.Coloured })));

/** An answer as its model meant it: Markdown, code in colours, formulas. */
export function Rich({ text }: { text: string }) {
  return <Markdown text={withFormulas(text)} plugins={PLUGINS} components={COMPONENTS} />;
}

const PLUGINS = [[remarkMath, { singleDollarTextMath: false }]] as [[typeof remarkMath, object]];

const COMPONENTS: Components = {
  code: ({ className = "", children }) => {
    const text = plain(children);
    const isBlock = className.includes("math-display");
    if (isBlock || className.includes("math-inline")) {
      return (
        <Suspense fallback={<code>{text}</code>}>
          <Formula text={text} isBlock={isBlock} />
        </Suspense>
      );
    }
    const language = /language-([\w+#-]+)/.exec(className)?.[1];
    if (!language) return <code>{children}</code>;
    return (
      <Suspense fallback={<code>{text}</code>}>
        <Coloured text={text} language={language} />
      </Suspense>
    );
  },
  pre: ({ children }) => {
    const given = isValidElement<{ className?: string; children?: ReactNode }>(children)
      ? children.props
      : {};
    if (given.className?.includes("math-display")) return <div className="formula">{children}</div>;
    return <Block text={plain(given.children)}>{children}</Block>;
  },
};

function Block({ text, children }: { text: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className="group/code relative">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keys must reach it */}
      <pre tabIndex={0}>{children}</pre>
      <IconButton
        label={t("play.copyCode")}
        onClick={() => copy(text)}
        className="absolute top-1.5 right-1.5 bg-panel opacity-0 focus-visible:opacity-100 group-hover/code:opacity-100 max-sm:opacity-100"
      >
        <Copy aria-hidden />
      </IconButton>
    </div>
  );
}

function plain(children: ReactNode): string {
  return Array.isArray(children) ? children.map(plain).join("") : String(children ?? "").replace(/\n$/, "");
}
