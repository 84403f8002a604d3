import { useEffect, useRef, useState } from "react";
import { advice } from "@/format/advice";
import { messageOf } from "@/format/message";
import { chat, ToldError } from "./stream";
import type { Asked, Message } from "./wire";

export interface Pane {
  messages: Message[];
  setMessages: (messages: Message[]) => void;
  isRunning: boolean;
  /** Ask, after what `asked` says was said before. */
  run: (asked: Asked) => Promise<void>;
  stop: () => void;
}

/** One model's side of the conversation. */
export function usePane(): Pane {
  const [messages, setMessages] = useState<Message[]>([]);
  const running = useRef<AbortController | undefined>(undefined);
  const [isRunning, setRunning] = useState(false);
  useEffect(() => () => running.current?.abort(), []);
  const run = async (asked: Asked) => {
    const before = asked.messages;
    const controller = new AbortController();
    running.current = controller;
    setRunning(true);
    let last: Message = { role: "assistant", content: "", facts: { model: asked.model } };
    const tell = (message: Message) => {
      last = message;
      setMessages([...before, message]);
    };
    tell(last);
    try {
      await chat(asked, tell, controller.signal);
    } catch (error) {
      const todo = error instanceof ToldError ? advice(error.code) : "";
      if (!controller.signal.aborted) tell({ ...last, error: messageOf(error), advice: todo });
    } finally {
      setRunning(false);
    }
  };
  return { messages, setMessages, isRunning, run, stop: () => running.current?.abort() };
}
