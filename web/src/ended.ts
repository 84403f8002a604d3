/** A session that ended while somebody was typing: they are asked to sign in where they are. */

import { useSyncExternalStore } from "react";

/** Pages and drawers with something in them that is not saved. */
const unsaved = new Set<object>();

export function noteUnsaved(whose: object, isUnsaved: boolean): void {
  if (isUnsaved) unsaved.add(whose);
  else unsaved.delete(whose);
}

export function hasUnsaved(): boolean {
  return unsaved.size > 0;
}

let isEnded = false;
const watchers = new Set<() => void>();

export function setEnded(now: boolean): void {
  isEnded = now;
  for (const told of watchers) told();
}

export function useEnded(): boolean {
  return useSyncExternalStore(watch, () => isEnded);
}

function watch(told: () => void): () => void {
  watchers.add(told);
  return () => watchers.delete(told);
}
