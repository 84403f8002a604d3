import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "@/api/call";
import type { ApiKey } from "@/api/types";
import { useAddress } from "@/list/address";
import { Button } from "@/ui/Button";
import { Empty } from "@/ui/Empty";
import { Loading } from "@/ui/Loading";
import { Bar } from "./Bar";
import { CodeDialog } from "./CodeDialog";
import { Composer } from "./Composer";
import { type Chosen, NOTHING_CHOSEN } from "./Parameters";
import { Said } from "./Said";
import { Tools } from "./Tools";
import { fieldsOf, toolsOf } from "./typed";
import { type Pane, usePane } from "./usePane";
import { type Asked, type Message, openCalls } from "./wire";

const ENABLED = 1;
const KEYS_SHOWN = 100;

/** Any model that the reader's keys may use, as any client would ask it; two beside each other where they are compared. */
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

/** The key, and the models that were chosen among those that it may use. */
function useChoice(keys: ApiKey[], models: string[]) {
  const [search] = useAddress();
  const [keyId, setKeyId] = useState(String(keys[0]?.id));
  const key = keys.find((one) => String(one.id) === keyId) ?? keys[0];
  const allowed = (key?.models ?? "").split(",").filter(Boolean);
  const offered = allowed.length ? allowed : models;
  const known = (name: string | undefined) => (name && offered.includes(name) ? name : undefined);
  return {
    keyId,
    setKeyId,
    apiKey: `sk-${key?.key}`,
    offered,
    first: known(search.model) ?? offered[0] ?? "",
    second: search.other === undefined ? undefined : (known(search.other) ?? offered[1] ?? offered[0] ?? ""),
  };
}

function Conversation({ keys, models }: { keys: ApiKey[]; models: string[] }) {
  const { t } = useTranslation();
  const choice = useChoice(keys, models);
  const [text, setText] = useState("");
  const [images, setImages] = useState<string[]>([]);
  const [chosen, setChosen] = useState<Chosen>(NOTHING_CHOSEN);
  const [tools, setTools] = useState("");
  const [dialog, setDialog] = useState<"tools" | "code">();
  const first = usePane();
  const second = usePane();
  const panes: [Pane, string][] =
    choice.second === undefined
      ? [[first, choice.first]]
      : [
          [first, choice.first],
          [second, choice.second],
        ];
  const isRunning = panes.some(([pane]) => pane.isRunning);
  const isWaiting = panes.some(([pane]) => openCalls(pane.messages).length > 0);
  const hasText = !!text.trim() || images.length > 0;
  const asked = (model: string, messages: Message[]): Asked => ({
    ...chosen,
    others: fieldsOf(chosen.others) ?? {},
    tools: toolsOf(tools) ?? [],
    key: choice.apiKey,
    model,
    messages,
  });
  const next: Message = { role: "user", content: text, ...(images.length ? { images } : {}) };
  const send = () => {
    if (!hasText || isRunning || isWaiting || !choice.first) return;
    setText("");
    setImages([]);
    for (const [pane, model] of panes) pane.run(asked(model, [...pane.messages, next]));
  };
  const again = () => {
    for (const [pane, model] of panes) {
      const last = pane.messages.findLastIndex((message) => message.role === "user");
      if (last >= 0) pane.run(asked(model, pane.messages.slice(0, last + 1)));
    }
  };
  return (
    <div className="flex h-full flex-col">
      <Bar
        keys={keys}
        choice={choice}
        chosen={chosen}
        onChosen={setChosen}
        toolCount={toolsOf(tools)?.length ?? 0}
        isRunning={isRunning}
        onTools={() => setDialog("tools")}
        onCode={() => setDialog("code")}
        onCompare={() => second.setMessages([])}
        onClear={() => {
          for (const [pane] of panes) pane.setMessages([]);
        }}
      />
      <div className="flex min-h-0 flex-1 max-md:flex-col">
        {panes.map(([pane, model], place) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: the first and the second
            key={place}
            className="flex min-h-0 min-w-0 flex-1 flex-col border-line [&+&]:border-l max-md:[&+&]:border-t max-md:[&+&]:border-l-0"
          >
            <Said
              messages={pane.messages}
              isRunning={pane.isRunning}
              label={panes.length > 1 ? model : t("place.playground")}
              onAnswers={(answers) => pane.run(asked(model, [...pane.messages, ...answers]))}
            />
          </div>
        ))}
      </div>
      <Composer
        text={text}
        images={images}
        onText={setText}
        onImages={setImages}
        onSend={send}
        onStop={() => {
          for (const [pane] of panes) pane.stop();
        }}
        onAgain={first.messages.length > 1 ? again : undefined}
        isRunning={isRunning}
        canSend={hasText && !isWaiting && !!choice.first}
      />
      {dialog === "tools" && <Tools text={tools} onChange={setTools} onClose={() => setDialog(undefined)} />}
      {dialog === "code" && (
        <CodeDialog
          asked={asked(choice.first, [
            ...first.messages,
            ...(hasText || !first.messages.length ? [hasText ? next : HELLO] : []),
          ])}
          onClose={() => setDialog(undefined)}
        />
      )}
    </div>
  );
}

const HELLO: Message = { role: "user", content: "Hello" };
