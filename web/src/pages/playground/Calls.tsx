import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/ui/Button";
import { Field } from "@/ui/Field";
import { TextArea } from "@/ui/Input";
import type { Call, Message } from "./wire";

/** The functions that the model wants called: the reader says what they gave. */
export function Calls({ calls, onAnswers }: { calls: Call[]; onAnswers: (answers: Message[]) => void }) {
  const { t } = useTranslation();
  const [answers, setAnswers] = useState<Record<string, string>>({});
  return (
    <form
      aria-label={t("play.calls")}
      className="mx-auto mb-5 flex w-full max-w-200 flex-col gap-3 px-4"
      onSubmit={(event) => {
        event.preventDefault();
        onAnswers(calls.map(({ id }) => ({ role: "tool", callId: id, content: answers[id] ?? "" })));
      }}
    >
      {calls.map((call) => (
        <Field key={call.id} label={t("play.callAnswer", { name: call.name })}>
          <TextArea
            isMono
            rows={2}
            value={answers[call.id] ?? ""}
            onValueChange={(text) => setAnswers({ ...answers, [call.id]: text })}
          />
        </Field>
      ))}
      <div>
        <Button type="submit" look="primary">
          {t("play.sendAnswers", { count: calls.length })}
        </Button>
      </div>
    </form>
  );
}
