/**
 * Labels on AI-generated content: verify and write them. For Node: the modules are read from the
 * package's folder.
 *
 * @module
 */
import { readFile } from "node:fs/promises";

import { api } from "./api.js";
import { loader } from "./load.js";

export * from "./exports.js";

export const { verify, inspect, label, propagate, readLabel, readProviderCode, decide, about } = api(
  loader(async (which) => WebAssembly.compile(await readFile(new URL(`./${which}.wasm`, import.meta.url)))),
);
