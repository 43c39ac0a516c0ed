/**
 * The same functions where the modules come from somewhere else: edge workers that import them,
 * services that keep them at an address of their own, extensions.
 *
 * @module
 */
import { type Which, api } from "./api.js";
import { failure } from "./errors.js";
import { fetched, loader } from "./load.js";

export * from "./exports.js";

/** Where a module comes from. */
export type ModuleSource = WebAssembly.Module | BufferSource | URL | string | Response | Promise<Response>;

/** The modules, as far as they are needed: without `manifests` files with a manifest, documents and
 * anchors that are certificates, and without `whole` labelling, fail with the code `js.module`. */
export type Modules = Partial<Record<Which, ModuleSource | (() => ModuleSource | Promise<ModuleSource>)>>;

let modules: Modules = {};

/** Says where the modules come from; nothing is loaded before it is needed. */
export function initialize(from: Modules): void {
  modules = { ...modules, ...from };
}

async function compiled(which: Which): Promise<WebAssembly.Module> {
  const given = modules[which];
  if (given === undefined) {
    throw failure("invalid", "js.module", `initialize() was not given ${which}`, `initialize() 未提供 ${which}`);
  }
  const from = await (typeof given === "function" ? given() : given);
  if (from instanceof WebAssembly.Module) return from;
  if (from instanceof ArrayBuffer || ArrayBuffer.isView(from)) return WebAssembly.compile(from as BufferSource);
  return fetched(from as URL | string | Response);
}

export const { verify, inspect, label, propagate, readLabel, readProviderCode, decide, about } = api(loader(compiled));
