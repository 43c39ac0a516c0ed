/**
 * Labels on AI-generated content: verify and write them.
 *
 * For pages, workers, service workers, Deno and bundlers: the modules lie beside this file and are
 * fetched when they are first needed.
 *
 * @module
 */
import { api } from "./api.js";
import { fetched, loader } from "./load.js";

export * from "./exports.js";

// Bundlers look for exactly this form.
const URLS = {
  small: () => new URL("./small.wasm", import.meta.url),
  manifests: () => new URL("./manifests.wasm", import.meta.url),
  whole: () => new URL("./whole.wasm", import.meta.url),
};

export const { verify, inspect, label, propagate, readLabel, readProviderCode, decide, about } = api(
  loader((which) => fetched(URLS[which]())),
);
