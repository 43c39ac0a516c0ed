// Makes dist/ from src/ and from the modules that `cargo xtask npm` put into src/glue/; with --published
// shrinks the modules, and fails if one is larger than it may be. Prints how large they are.
import { cp, mkdir, readFile, readdir, rm } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const published = process.argv.includes("--published");
/** The modules, and the most bytes that one may have as it is published: what was measured and 2 % more, and
 * of `manifests` what is wanted. Of `small` 307,200 are wanted. What is built quickly, for tests, is several
 * times as large: its sizes are printed alone. */
const MODULES = { small: { gzip: 419_367 }, manifests: { brotli: 1_450_000 }, whole: {} };
/** What the modules use of WebAssembly beyond its first version. */
const FEATURES = ["bulk-memory", "bulk-memory-opt", "call-indirect-overlong", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];
/** Functions with one caller stay apart: they compress better so. Further rounds gain nothing. */
const SHRINK = ["-Oz", "--one-caller-inline-max-function-size", "0"];

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = (script, ...args) => execFileSync(process.execPath, [here(`node_modules/${script}`), ...args], { stdio: "inherit" });

await rm(here("dist"), { recursive: true, force: true });
run("typescript/bin/tsc", "--project", here("tsconfig.json"));
await mkdir(here("dist/glue"), { recursive: true });
for (const name of await readdir(here("src/glue"))) {
  const from = here(`src/glue/${name}`);
  if (name.endsWith("_bg.wasm")) {
    const to = here(`dist/${name.replace("_bg", "")}`);
    if (published) run("binaryen/bin/wasm-opt", ...SHRINK, ...FEATURES.map((name) => `--enable-${name}`), from, "-o", to);
    else await cp(from, to);
  } else if (!name.endsWith(".wasm.d.ts")) await cp(from, here(`dist/glue/${name}`));
}
for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) await cp(here(`../../${name}`), here(name));

const rows = [["module", "raw", "gzip -9", published ? "brotli -11" : "brotli -4", "at most"]];
const over = [];
for (const [name, budget] of Object.entries(MODULES)) {
  const bytes = await readFile(here(`dist/${name}.wasm`));
  const params = { [constants.BROTLI_PARAM_QUALITY]: published ? 11 : 4, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_LGWIN]: 24 };
  const size = { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotliCompressSync(bytes, { params }).length };
  const bounds = published ? Object.entries(budget) : [];
  rows.push([`${name}.wasm`, size.raw, size.gzip, size.brotli, bounds.map(([kind, most]) => `${kind} ${most}`).join(" ") || "-"].map(String));
  for (const [kind, most] of bounds) if (size[kind] > most) over.push(`${name}.wasm: ${size[kind]} bytes (${kind}), at most ${most}`);
}
for (const row of rows) console.log(row.map((cell, n) => (n ? cell.padStart(n < 4 ? 11 : 18) : cell.padEnd(16))).join(""));
if (over.length > 0) {
  console.error(`too large: ${over.join("; ")}`);
  process.exit(1);
}
