import { post } from "@/api/call";
import type { Probe } from "@/api/types";
import type { Values } from "@/form/types";

export function testSaved(id: number, model = ""): Promise<Probe> {
  return post<Probe>(`/api/channel/${id}/test`, { model });
}

/** Test a channel as the form has it; what is blank is taken from the saved one. */
export function testUnsaved(document: Values): Promise<Probe> {
  return post<Probe>("/api/channel/test", document);
}

export function vendorModels(document: Values): Promise<string[]> {
  return post<string[]>("/api/channel/models", document);
}
