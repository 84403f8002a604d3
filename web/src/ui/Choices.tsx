import type { ReactNode } from "react";
import { Chip } from "./Chip";

interface ChoicesProps<Value extends string> {
  value: Value;
  choices: { value: Value; label: ReactNode }[];
  onChange: (value: Value) => void;
  label: string;
}

/** One of two to five, all in sight. */
export function Choices<Value extends string>({ value, choices, onChange, label }: ChoicesProps<Value>) {
  return (
    <fieldset className="flex min-w-0 flex-wrap items-center gap-1">
      <legend className="sr-only">{label}</legend>
      {choices.map((choice) => (
        <Chip key={choice.value} isOn={choice.value === value} onClick={() => onChange(choice.value)}>
          {choice.label}
        </Chip>
      ))}
    </fieldset>
  );
}
