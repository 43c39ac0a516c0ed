/**
 * The thread of a pool in Node.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";

import * as api from "./node.js";
import type { Job } from "./pool-core.js";
import { served } from "./worker-core.js";

parentPort?.on("message", async (job: Job) => parentPort?.postMessage(await served(api, job)));
