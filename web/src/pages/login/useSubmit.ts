import { useRef, useState } from "react";
import { Refusal } from "@/api/call";
import { messageOf, reasonOf } from "@/format/message";

/** Sends a small form: what was refused stands at its field, or above the form when it has none of that name. */
export function useSubmit(fields: string[], send: () => Promise<void>) {
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [isBusy, setBusy] = useState(false);
  const isSending = useRef(false);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (isSending.current) return;
    isSending.current = true;
    setBusy(true);
    setErrors({});
    try {
      await send();
    } catch (error) {
      const field =
        error instanceof Refusal && error.field && fields.includes(error.field) ? error.field : "";
      setErrors({ [field]: field ? reasonOf(error) : messageOf(error) });
    } finally {
      isSending.current = false;
      setBusy(false);
    }
  };
  return { errors, isBusy, submit };
}
