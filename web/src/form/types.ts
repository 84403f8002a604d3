import type { ReactElement, ReactNode } from "react";

export type FieldKind =
  | "text"
  | "long_text"
  | "secret"
  | "password"
  | "secret_lines"
  | "int"
  | "number"
  | "bool"
  | "choice"
  | "picker"
  | "list"
  | "mapping"
  | "json"
  | "money"
  | "time";

/** A field of a form, as data. Its value is what the wire has: text, number or boolean; a list is text with commas. */
export interface FieldSpec {
  name: string;
  kind: FieldKind;
  label: string;
  help?: ReactNode;
  isRequired?: boolean;
  min?: number | undefined;
  max?: number | undefined;
  maxLength?: number;
  choices?: { value: string; label: string; hint?: string }[];
  suggestions?: string[];
  /** Only suggestions may be chosen. */
  isClosed?: boolean;
  placeholder?: string;
  isMono?: boolean;
  width?: "full" | "half" | "quarter";
  /** Draws the controls of a field that has several. */
  render?: (bound: { value: unknown; onChange: (value: unknown) => void }) => ReactNode;
  /** Stands at the right of the label. */
  action?: ReactNode;
  unit?: string;
  /** Quick choices beneath the control; it is given `onChange`. */
  quick?: ReactElement<{ onChange?: (value: never) => void }>;
}

export type Values = Record<string, unknown>;
