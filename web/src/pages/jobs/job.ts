import { ask, get, post, Refusal } from "@/api/call";
import type { Job, Page } from "@/api/types";
import type { Tone } from "@/ui/State";

export const JOBS = "/api/jobs";

export type JobKind = "test_channels" | "update_balances" | "delete_logs";

export const isActive = (job: Job) => job.state === "waiting" || job.state === "running";

export const TONES: Record<string, Tone> = {
  waiting: "off",
  running: "accent",
  done: "good",
  failed: "bad",
  cancelled: "off",
  stopped: "bad",
};

/** Begin a job; where one of its kind runs already, that one is shown. */
export async function begin(kind: JobKind, wanted: object): Promise<Job> {
  try {
    return await post<Job>(`/api/jobs/${kind}`, wanted);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "job_running") throw error;
    const { data } = await ask<Page<Job>>(JOBS, { size: 1, kind, state: "waiting,running" });
    const running = data[0];
    if (!running) throw error;
    return running;
  }
}

export const cancel = (id: string) => post<Job>(`/api/jobs/${id}/cancel`);
export const jobById = (id: string) => get<Job>(`/api/jobs/${id}`);
