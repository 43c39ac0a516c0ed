import type { Load, Loaded, Module, Which } from "./api.js";
import { failure } from "./errors.js";
import * as manifests from "./glue/manifests.js";
import * as small from "./glue/small.js";
import * as whole from "./glue/whole.js";

/** The script beside a module: it starts the module and carries values across. */
interface Glue extends Module {
  default(init: { module_or_path: WebAssembly.Module }): Promise<unknown>;
  __wbg_reset_state(): void;
}

const GLUE = { small, manifests, whole } as unknown as Record<Which, Glue>;

/** Loads each module once, when it is first needed. */
export function loader(compiled: (which: Which) => Promise<WebAssembly.Module>): Load {
  const loaded = new Map<Which, Promise<Loaded>>();
  const start = async (which: Which): Promise<Loaded> => {
    const module = await compiled(which);
    const glue = GLUE[which];
    await glue.default({ module_or_path: module });
    return { module: glue, reset: () => glue.__wbg_reset_state() };
  };
  return (which) => {
    const known = loaded.get(which);
    if (known) return known;
    const coming = start(which).catch((error: unknown) => {
      loaded.delete(which);
      throw failure(
        "io",
        "js.module",
        `the module ${which}.wasm can't be loaded: ${String(error)}`,
        `无法加载模块 ${which}.wasm：${String(error)}`,
        { cause: error },
      );
    });
    loaded.set(which, coming);
    return coming;
  };
}

/** Fetches and compiles. */
export async function fetched(url: URL | string | Response | Promise<Response>): Promise<WebAssembly.Module> {
  const answer = await (url instanceof URL || typeof url === "string" ? fetch(url) : url);
  if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
  // Servers that call it something else can't be streamed from.
  const named = answer.headers.get("content-type")?.split(";")[0]?.trim() === "application/wasm";
  return named && typeof WebAssembly.compileStreaming === "function"
    ? WebAssembly.compileStreaming(answer)
    : WebAssembly.compile(await answer.arrayBuffer());
}
