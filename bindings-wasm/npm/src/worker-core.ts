import type { Api } from "./api.js";
import { packed } from "./errors.js";
import type { Label } from "./label.js";
import type { Answer, Job } from "./pool-core.js";

/** Does what a pool asks. */
export async function served(api: Api, job: Job): Promise<Answer> {
  try {
    const { call, content, argument, options } = job;
    switch (call) {
      case "verify":
      case "inspect":
        return { id: job.id, value: await api[call](content as Uint8Array, options) };
      case "label":
        return { id: job.id, value: await api.label(content as Uint8Array, argument as Label, options) };
      case "propagate":
        return { id: job.id, value: await api.propagate(content as Uint8Array, argument as string, options) };
    }
  } catch (error) {
    return { id: job.id, error: packed(error) };
  }
}
