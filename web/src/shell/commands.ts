import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { get } from "@/api/call";
import type { ApiKey, Channel } from "@/api/types";
import { useIsAdmin } from "@/session";

/** Call on `/` and ⌘K / Ctrl K, except while somebody types. */
export function useCommandKey(open: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const isCommand = event.key === "k" && (event.metaKey || event.ctrlKey);
      if (!isCommand && (event.key !== "/" || isTyping(event) || event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      open();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [open]);
}

/** Whether a key belongs to a field. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return !!target?.closest("input, textarea, select, [contenteditable=true], [role=listbox], [role=menu]");
}

export interface Found {
  kind: "channel" | "user" | "key" | "request";
  label: string;
  to: string;
  search: Record<string, string>;
}

const PAUSE_MS = 180;
const SHOWN = 5;

/** What the server finds for a text: channels, users, keys by name, a request by its id. */
export function useFound(text: string): Found[] {
  const isAdmin = useIsAdmin();
  const wanted = useSettled(text.trim());
  const { data } = useQuery({
    queryKey: ["found", wanted, isAdmin],
    enabled: wanted.length >= 2,
    queryFn: ({ signal }) => found(wanted, isAdmin, signal),
  });
  return wanted.length >= 2 ? (data ?? []) : [];
}

async function found(keyword: string, isAdmin: boolean, signal: AbortSignal): Promise<Found[]> {
  const query = { keyword };
  const [channels, users, keys] = await Promise.all([
    isAdmin ? get<Channel[]>("/api/channel/search", query, signal) : [],
    isAdmin ? get<{ id: number; username: string }[]>("/api/user/search", query, signal) : [],
    get<ApiKey[]>("/api/token/search", query, signal),
  ]);
  const opened = (id: number) => ({ open: String(id) });
  const list: Found[] = [
    ...channels
      .slice(0, SHOWN)
      .map((row) => ({ kind: "channel" as const, label: row.name, to: "/channel", search: opened(row.id) })),
    ...users
      .slice(0, SHOWN)
      .map((row) => ({ kind: "user" as const, label: row.username, to: "/user", search: opened(row.id) })),
    ...keys
      .slice(0, SHOWN)
      .map((row) => ({ kind: "key" as const, label: row.name, to: "/token", search: opened(row.id) })),
  ];
  if (/^[\w-]{16,}$/.test(keyword)) {
    list.unshift({ kind: "request", label: keyword, to: "/log", search: { open: keyword } });
  }
  return list;
}

function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
