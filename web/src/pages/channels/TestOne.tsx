import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Refusal } from "@/api/call";
import type { Channel, Probe } from "@/api/types";
import { messageOf } from "@/format/message";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Loading } from "@/ui/Loading";
import { testSaved } from "./probe";
import { Tested, type TestResult } from "./Tested";

/** One channel tested at once, with what it answered. */
export function TestOne({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [result, setResult] = useState<TestResult>();
  useEffect(() => {
    testSaved(channel.id)
      .then((probe) => setResult({ probe, error: "" }))
      .catch((error: unknown) => {
        const probe = error instanceof Refusal ? (error.data as Probe | undefined) : undefined;
        setResult({ probe, error: messageOf(error) });
      })
      .then(() => client.invalidateQueries({ queryKey: ["list", "/api/channel/"] }));
  }, [channel.id, client]);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t("shell.pair", { name: t("channel.test"), value: channel.name })}
      footer={<Button onClick={onClose}>{t("action.close")}</Button>}
    >
      {result ? <Tested result={result} /> : <Loading error={null} retry={() => {}} />}
    </Dialog>
  );
}
