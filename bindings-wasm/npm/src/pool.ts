/**
 * Threads that verify and label, so that a page stays quick. Blobs are read there by slices: of a
 * large film only what is needed.
 *
 * @module
 */
import { failure } from "./errors.js";
import { type Answer, PoolCore, type PoolOptions } from "./pool-core.js";

export * from "./exports.js";
export type { PoolOptions } from "./pool-core.js";

/** Threads that verify and label. */
export class Pool extends PoolCore {
  constructor(options: PoolOptions & { worker?: () => Worker } = {}) {
    const made = options.worker ?? (() => new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));
    super((answered, failed) => {
      const worker = made();
      worker.addEventListener("message", (event: MessageEvent<Answer>) => answered(event.data));
      worker.addEventListener("messageerror", () =>
        failed(failure("internal", "js.worker", "an answer can't be read", "无法读取 Worker 的回答")),
      );
      worker.addEventListener("error", (event) => {
        const why = event.message || "it can't be loaded";
        failed(failure("internal", "js.worker", `a worker stopped: ${why}`, `Worker 停止：${why}`));
      });
      return { send: (job) => worker.postMessage(job), end: () => worker.terminate() };
    }, options);
  }
}
