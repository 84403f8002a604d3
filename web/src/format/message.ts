import type { Refusal } from "@/api/call";

/** What an error says beside the field that it is about. */
export function reasonOf(error: unknown): string {
  const reason = (error as Partial<Refusal> | undefined)?.reason;
  return reason ? reason.charAt(0).toUpperCase() + reason.slice(1) : messageOf(error);
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
