import { Field as Base } from "@base-ui/react/field";
import { type ReactNode, useId } from "react";
import { classes } from "./class";

interface FieldProps {
  label: ReactNode;
  help?: ReactNode;
  error?: string | undefined;
  action?: ReactNode;
  className?: string;
  /** The control stands at the right of label and help. */
  isBeside?: boolean;
  children: ReactNode;
}

/** A text whose words between backticks are code. */
function withCode(text: string): ReactNode {
  const parts = text.split("`");
  if (parts.length < 3) return text;
  return parts.map((part, place) =>
    place % 2 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence keep their places
      <code key={place} className="mono">
        {part}
      </code>
    ) : (
      part
    ),
  );
}

/** Label above (or beside), control, then its error or its help; they are tied together for those who listen. */
export function Field({ label, help, error, action, className, isBeside, children }: FieldProps) {
  const said = error ? (
    <Base.Error match className="mt-1 block text-bad text-sm">
      {error}
    </Base.Error>
  ) : (
    help && (
      <Base.Description className="mt-1 break-words text-muted text-sm">
        {typeof help === "string" ? withCode(help) : help}
      </Base.Description>
    )
  );
  return (
    <Base.Root
      invalid={!!error}
      className={classes(
        "group/field min-w-0",
        isBeside && "flex items-start gap-x-8 max-sm:gap-y-2 max-sm:not-has-[[role=switch]]:flex-col",
        className,
      )}
      data-error={error ? "" : undefined}
    >
      <div className={isBeside ? "min-w-0 flex-1" : "mb-1 flex items-baseline gap-2"}>
        <Base.Label className="font-medium">{label}</Base.Label>
        {isBeside && said}
        {action && <span className="ml-auto text-muted">{action}</span>}
      </div>
      {isBeside ? (
        <div className="flex w-64 shrink-0 has-[[role=switch]]:w-auto justify-end pt-0.5 max-sm:not-has-[[role=switch]]:w-full [&>*:not([role=switch])]:w-full">
          {children}
        </div>
      ) : (
        children
      )}
      {!isBeside && said}
    </Base.Root>
  );
}

/** The same around several controls, each of which has a label of its own. */
export function FieldGroup({ label, help, error, className, children }: Omit<FieldProps, "isBeside">) {
  const id = useId();
  const said = error || help;
  return (
    <fieldset
      aria-labelledby={`${id}-label`}
      aria-describedby={said ? `${id}-said` : undefined}
      className={classes("min-w-0", className)}
      data-error={error ? "" : undefined}
    >
      <div id={`${id}-label`} className="mb-1 font-medium">
        {label}
      </div>
      {children}
      {said && (
        <p
          id={`${id}-said`}
          role={error ? "alert" : undefined}
          className={classes("mt-1 break-words text-sm", error ? "text-bad" : "text-muted")}
        >
          {typeof said === "string" ? withCode(said) : said}
        </p>
      )}
    </fieldset>
  );
}
