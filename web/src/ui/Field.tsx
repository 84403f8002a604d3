import { Field as Base } from "@base-ui/react/field";
import type { ReactNode } from "react";
import { classes } from "./class";

interface FieldProps {
  label: ReactNode;
  help?: ReactNode;
  error?: string | undefined;
  action?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** Label above, control, then its error or its help; they are tied together for those who listen. */
export function Field({ label, help, error, action, className, children }: FieldProps) {
  return (
    <Base.Root
      invalid={!!error}
      className={classes("group/field min-w-0", className)}
      data-error={error ? "" : undefined}
    >
      <div className="mb-1 flex items-baseline gap-2">
        <Base.Label className="font-medium">{label}</Base.Label>
        {action && <span className="ml-auto text-muted">{action}</span>}
      </div>
      {children}
      {error ? (
        <Base.Error match className="mt-1 block text-bad text-sm">
          {error}
        </Base.Error>
      ) : (
        help && <Base.Description className="mt-1 text-muted text-sm">{help}</Base.Description>
      )}
    </Base.Root>
  );
}
