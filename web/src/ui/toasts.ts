import { useSyncExternalStore } from "react";
import { messageOf } from "@/format/message";

export interface Toast {
  id: number;
  tone: "good" | "bad" | "plain";
  text: string;
  action?: { label: string; run: () => void } | undefined;
}

const SECONDS = { good: 4, plain: 6, bad: 10 };
const SHOWN_MAX = 4;

let shown: Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function change(to: Toast[]): void {
  shown = to;
  for (const told of listeners) told();
}

export function dismiss(id: number): void {
  change(shown.filter((toast) => toast.id !== id));
}

/** Say something in passing; errors stay longest, and what can be undone says how. */
export function say(tone: Toast["tone"], text: string, action?: Toast["action"]): void {
  const toast = { id: next++, tone, text, action };
  change([...shown.filter((other) => other.text !== text), toast].slice(-SHOWN_MAX));
  const seconds = action ? SECONDS.bad : SECONDS[tone];
  setTimeout(() => dismiss(toast.id), seconds * 1000);
}

/** Say what went wrong. */
export function sayError(error: unknown): void {
  say("bad", messageOf(error));
}

export function useToasts(): Toast[] {
  return useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => shown,
  );
}
