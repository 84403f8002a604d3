import { Input as Base } from "@base-ui/react/input";
import type { ComponentProps, ReactNode } from "react";
import { classes } from "./class";

interface InputProps extends Omit<ComponentProps<typeof Base>, "className"> {
  className?: string;
  isMono?: boolean;
  /** Stands inside the box, behind the text: a unit, a button. */
  end?: ReactNode;
}

export function Input({ isMono, end, className, ...rest }: InputProps) {
  return (
    <span className={classes(BOX, "flex h-[30px] items-center gap-1.5 pr-1.5 max-sm:h-9", className)}>
      <Base
        {...(isMono && AS_TYPED)}
        {...rest}
        className={classes("h-full min-w-0 flex-1 bg-transparent pl-2.25 outline-none", isMono && "mono")}
      />
      {end}
    </span>
  );
}

/** Keys, codes and addresses: a phone neither begins them with a capital letter nor mends them. */
export const AS_TYPED = { autoCapitalize: "none", autoCorrect: "off", spellCheck: false };

const BOX = "field-box group-data-error/field:border-bad";

interface TextAreaProps extends Omit<ComponentProps<typeof Base>, "render" | "className"> {
  isMono?: boolean;
  rows?: number;
  className?: string;
}

export function TextArea({ isMono, rows = 3, className, ...rest }: TextAreaProps) {
  return (
    <Base
      {...(isMono && AS_TYPED)}
      {...rest}
      render={<textarea rows={rows} />}
      className={classes(BOX, "block w-full resize-y px-2.25 py-1.5", isMono && "mono leading-5", className)}
    />
  );
}
