import { useState } from "react";
import { useTranslation } from "react-i18next";
import { postAnonymously } from "@/api/call";
import { reasonOf } from "@/format/message";
import { Button } from "@/ui/Button";
import { say } from "@/ui/toasts";
import type { RobotCheck } from "./Robot";

interface SendCodeProps {
  email: string;
  robot: RobotCheck;
  onError: (error: string) => void;
}

/** Mails a code to an address. */
export function SendCode({ email, robot, onError }: SendCodeProps) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    onError("");
    try {
      await postAnonymously("/api/verification", { email }, robot.query);
      say("good", t("login.codeSent"));
    } catch (error) {
      onError(reasonOf(error));
    }
    robot.renew();
    setBusy(false);
  };
  return (
    <Button look="quiet" isBusy={isBusy} disabled={!email || !robot.isPassed} onClick={send}>
      {t("login.sendCode")}
    </Button>
  );
}
