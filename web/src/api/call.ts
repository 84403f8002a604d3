import i18next from "i18next";
import { under } from "@/base";
import { readersLanguage } from "@/text";
import type { ApiPath } from "./types";

/** An answer that is no success: what the server said, and the field it is about. */
export class Refusal extends Error {
  readonly code: string;
  readonly field: string | undefined;
  /** What is wrong with that field, where it stands beside it. */
  readonly reason: string | undefined;
  readonly status: number;
  /** What came beside the refusal, if anything did. */
  readonly data: unknown;

  constructor(message: string, status: number, answer: Envelope = {}) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = answer.code ?? "";
    this.field = fieldOf(answer);
    this.reason = answer.reason;
    this.data = answer.data;
  }

  /** Whether the same request may succeed a little later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export type Query = Record<string, string | number | boolean | undefined | null>;
type Method = "GET" | "POST" | "PUT" | "DELETE";

interface Envelope {
  success?: boolean;
  message?: string;
  code?: string;
  field?: string;
  reason?: string;
  data?: unknown;
  error?: { message?: string };
}

/** Who is told when a session has ended. */
let onSignedOut: () => void = () => {};
export function whenSignedOut(told: () => void): void {
  onSignedOut = told;
}

function addressOf(path: ApiPath, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return under(path) + (text ? `?${text}` : "");
}

async function envelope<T>(method: Method, path: ApiPath, options: Options): Promise<T> {
  const headers: Record<string, string> = { "Accept-Language": readersLanguage() };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(addressOf(path, options.query), {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Refusal(i18next.t("error.offline"), 0);
  }
  const answer = await read(response);
  if (response.ok && answer.success !== false && !answer.error) return answer as T;
  if (response.status === 401 && !options.isAnonymous) onSignedOut();
  throw new Refusal(
    known(answer.code) || inFull(answer) || answer.error?.message || sentence(response.status),
    response.status,
    answer,
  );
}

interface Options {
  query?: Query | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** A 401 is an answer, not the end of a session. */
  isAnonymous?: boolean;
}

async function read(response: Response): Promise<Envelope> {
  const text = await response.text().catch(() => "");
  if (!text) return {};
  try {
    return JSON.parse(text) as Envelope;
  } catch {
    return { success: false };
  }
}

function fieldOf(answer: Envelope): string | undefined {
  if (answer.field) return answer.field;
  return /`([a-z_][\w.]*)`[:：]/i.exec(answer.message ?? "")?.[1];
}

/** What a refusal of that code means, in the reader's language: One API's sentences are Chinese for everybody. */
function known(code: string | undefined): string | undefined {
  if (!code || code === "bad_field" || !i18next.exists(`refused.${code}`)) return undefined;
  return i18next.t(`refused.${code as "used_code"}`);
}

/** What is wrong, with the name of the field: the sentence around a reason may be One API's, which is Chinese. */
function inFull({ message, field, reason }: Envelope): string | undefined {
  return field && reason ? i18next.t("refused.bad_field", { field, reason }) : message;
}

function sentence(status: number): string {
  if (status === 429) return i18next.t("error.tooMany");
  if (status === 413) return i18next.t("error.tooLarge");
  return i18next.t("error.status", { status });
}

interface Data<T> {
  data: T;
  message?: string;
}

/** Ask for data; the whole answer, for those who need what stands beside it. */
export function ask<T>(path: ApiPath, query?: Query, signal?: AbortSignal): Promise<T> {
  return envelope<T>("GET", path, { query, signal });
}

export async function get<T>(path: ApiPath, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await ask<Data<T>>(path, query, signal)).data;
}

export async function post<T = unknown>(path: ApiPath, body: unknown = {}, query?: Query): Promise<T> {
  return (await envelope<Data<T>>("POST", path, { body, query })).data;
}

export async function put<T = unknown>(path: ApiPath, body: unknown, query?: Query): Promise<T> {
  return (await envelope<Data<T>>("PUT", path, { body, query })).data;
}

export async function remove<T = unknown>(path: ApiPath, query?: Query): Promise<T> {
  return (await envelope<Data<T>>("DELETE", path, { query })).data;
}

/** As `get`, for what may be asked before anybody has signed in. */
export async function getAnonymously<T>(path: ApiPath, query?: Query): Promise<T> {
  return (await envelope<Data<T>>("GET", path, { query, isAnonymous: true })).data;
}

export async function postAnonymously<T>(path: ApiPath, body: unknown, query?: Query): Promise<T> {
  return (await envelope<Data<T>>("POST", path, { body, query, isAnonymous: true })).data;
}
