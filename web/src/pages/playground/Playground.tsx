import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { RotateCcw, SlidersHorizontal, Square, Trash2 } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { ApiKey } from "@/api/types";
import { siteAddress } from "@/base";
import { useAddress } from "@/list/address";
import { useSite } from "@/session";
import { Button, IconButton } from "@/ui/Button";
import { copy } from "@/ui/copy";
import { Empty } from "@/ui/Empty";
import { Loading } from "@/ui/Loading";
import { Picker } from "@/ui/Picker";
import { Popover } from "@/ui/Popover";
import { curlOf } from "./curl";
import { type Chosen, NOTHING_CHOSEN, Parameters } from "./Parameters";
import { Said } from "./Said";
import { chat } from "./stream";
import type { Asked, Message } from "./wire";

const ENABLED = 1;
const KEYS_SHOWN = 100;

/** Any model that the reader's keys may use, as any client would ask it. */
export function Page() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const keys = useQuery({
    queryKey: ["usable-keys"],
    queryFn: () => get<ApiKey[]>("/api/token/", { size: KEYS_SHOWN, status: ENABLED }),
  });
  const models = useQuery({
    queryKey: ["available-models"],
    queryFn: () => get<string[]>("/api/user/available_models"),
  });
  if (!keys.data || !models.data) {
    return (
      <div className="p-4">
        <Loading error={keys.error ?? models.error} retry={() => keys.refetch()} />
      </div>
    );
  }
  if (keys.data.length === 0) {
    return (
      <Empty
        title={t("play.noKey")}
        action={
          <Button look="primary" onClick={() => navigate({ to: "/token", search: { open: "new" } as never })}>
            {t("key.add")}
          </Button>
        }
      >
        {t("play.noKeyHelp")}
      </Empty>
    );
  }
  return <Conversation keys={keys.data} models={models.data} />;
}

function useConversation() {
  const [messages, setMessages] = useState<Message[]>([]);
  const running = useRef<AbortController | undefined>(undefined);
  const [isRunning, setRunning] = useState(false);
  useEffect(() => () => running.current?.abort(), []);
  const run = async (asked: Asked) => {
    const before = asked.messages;
    const controller = new AbortController();
    running.current = controller;
    setRunning(true);
    let last: Message = { role: "assistant", content: "" };
    const tell = (message: Message) => {
      last = message;
      setMessages([...before, message]);
    };
    tell(last);
    try {
      await chat(asked, tell, controller.signal);
    } catch (error) {
      if (!controller.signal.aborted)
        tell({ ...last, error: error instanceof Error ? error.message : String(error) });
    } finally {
      setRunning(false);
    }
  };
  return { messages, setMessages, isRunning, run, stop: () => running.current?.abort() };
}

function Conversation({ keys, models }: { keys: ApiKey[]; models: string[] }) {
  const { t } = useTranslation();
  const site = useSite();
  const [search, change] = useAddress();
  const [keyId, setKeyId] = useState(String(keys[0]?.id));
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<Chosen>(NOTHING_CHOSEN);
  const conversation = useConversation();
  const { messages, isRunning } = conversation;
  const key = keys.find((one) => String(one.id) === keyId) ?? keys[0];
  const allowed = (key?.models ?? "").split(",").filter(Boolean);
  const offered = allowed.length ? allowed : models;
  const model = search.model && offered.includes(search.model) ? search.model : (offered[0] ?? "");
  const asked = (said: Message[]): Asked => ({ ...chosen, key: `sk-${key?.key}`, model, messages: said });
  const send = () => {
    if (!text.trim() || isRunning || !model) return;
    setText("");
    conversation.run(asked([...messages, { role: "user", content: text }]));
  };
  const again = () => {
    const last = messages.findLastIndex((message) => message.role === "user");
    if (last >= 0) conversation.run(asked(messages.slice(0, last + 1)));
  };
  return (
    <div className="flex h-full flex-col">
      <div className="flex min-h-12 shrink-0 flex-wrap items-center gap-2 border-line border-b px-4 py-1.5">
        <span className="w-56 max-sm:w-full">
          <Picker
            isMono
            label={t("play.model")}
            value={model}
            onChange={(name) => change({ model: name }, true)}
            choices={offered.map((name) => ({ value: name, label: name }))}
          />
        </span>
        <span className="w-40 max-sm:flex-1">
          <Picker
            label={t("play.key")}
            value={keyId}
            onChange={setKeyId}
            choices={keys.map((one) => ({ value: String(one.id), label: one.name }))}
          />
        </span>
        <Popover
          align="start"
          className="w-72"
          trigger={<Button icon={<SlidersHorizontal aria-hidden />}>{t("play.parameters")}</Button>}
        >
          <Parameters chosen={chosen} onChange={setChosen} />
        </Popover>
        <Button
          look="quiet"
          className="ml-auto max-sm:hidden"
          onClick={() =>
            copy(
              curlOf(
                asked([...messages, { role: "user", content: text || "Hello" }]),
                siteAddress(site.server_address),
              ),
              "curl",
            )
          }
        >
          {t("play.curl")}
        </Button>
        <IconButton label={t("play.clear")} onClick={() => conversation.setMessages([])} disabled={isRunning}>
          <Trash2 aria-hidden />
        </IconButton>
      </div>
      <Said messages={messages} isRunning={isRunning} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        className="mx-auto flex w-full max-w-200 shrink-0 items-end gap-2 px-4 pt-2 pb-4"
      >
        <textarea
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
          rows={Math.min(8, Math.max(2, text.split("\n").length))}
          placeholder={t("play.hint")}
          aria-label={t("play.message")}
          className="field-box min-w-0 flex-1 resize-none px-3 py-2"
        />
        <div className="flex flex-col gap-1.5">
          {messages.length > 1 && !isRunning && (
            <IconButton label={t("play.regenerate")} onClick={again}>
              <RotateCcw aria-hidden />
            </IconButton>
          )}
          {isRunning ? (
            <Button icon={<Square aria-hidden />} onClick={conversation.stop}>
              {t("play.stop")}
            </Button>
          ) : (
            <Button type="submit" look="primary" disabled={!text.trim() || !model}>
              {t("play.ask")}
            </Button>
          )}
        </div>
      </form>
    </div>
  );
}
