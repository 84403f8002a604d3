import { useTranslation } from "react-i18next";
import type { Probe } from "@/api/types";
import { adviceOfVendor } from "@/format/advice";
import { duration } from "@/format/time";
import { Note } from "@/ui/Note";

export interface TestResult {
  probe: Probe | undefined;
  error: string;
}

/** What a test found: how long it took, what the vendor said, and where it was asked. */
export function Tested({ result }: { result: TestResult | undefined }) {
  const { t } = useTranslation();
  if (!result) return null;
  const { probe, error } = result;
  const todo = error && probe ? adviceOfVendor(probe.status) : "";
  const facts = { model: probe?.model ?? "", time: duration(probe?.time_ms ?? 0) };
  return (
    <Note tone={error ? "bad" : "good"} isAnswer>
      <p className="font-medium">{error ? t("channel.testFailed", facts) : t("channel.testPassed", facts)}</p>
      <p className="text-text">{error || probe?.answer}</p>
      {todo && <p>{todo}</p>}
      {probe?.url && <p className="mono break-all text-muted">{probe.url}</p>}
    </Note>
  );
}
