/**
 * The thread of a pool in browsers and Deno.
 *
 * @module
 */
import * as api from "./index.js";
import type { Job } from "./pool-core.js";
import { served } from "./worker-core.js";

const scope = globalThis as unknown as {
  addEventListener(type: "message", listener: (event: MessageEvent<Job>) => void): void;
  postMessage(message: unknown): void;
};

scope.addEventListener("message", async (event) => scope.postMessage(await served(api, event.data)));
