/**
 * Threads that verify and label, so that a server stays quick.
 *
 * @module
 */
import { Worker } from "node:worker_threads";

import { failure } from "./errors.js";
import { type Answer, PoolCore, type PoolOptions } from "./pool-core.js";

export * from "./exports.js";
export type { PoolOptions } from "./pool-core.js";

/** Threads that verify and label. */
export class Pool extends PoolCore {
  constructor(options: PoolOptions = {}) {
    super((answered, failed) => {
      const worker = new Worker(new URL("./worker-node.js", import.meta.url));
      let open = 0;
      worker.unref();
      worker.on("message", (answer: Answer) => {
        if (--open === 0) worker.unref();
        answered(answer);
      });
      worker.on("error", (error: Error) =>
        failed(failure("internal", "js.worker", `a worker stopped: ${error.message}`, `Worker 停止：${error.message}`, { cause: error })),
      );
      worker.on("exit", (code) => failed(failure("internal", "js.worker", `a worker ended with ${code}`, `Worker 以 ${code} 结束`)));
      return {
        send: (job) => {
          worker.postMessage(job);
          open += 1;
          worker.ref();
        },
        end: () => void worker.terminate(),
      };
    }, options);
  }

  /** Node can't send blobs of files. */
  protected override portable(content: Blob | Uint8Array): Blob | Uint8Array | Promise<Uint8Array> {
    if (!(content instanceof Blob)) return content;
    try {
      return structuredClone(content);
    } catch {
      return content.arrayBuffer().then((bytes) => new Uint8Array(bytes));
    }
  }
}
