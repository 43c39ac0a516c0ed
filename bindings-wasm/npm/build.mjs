// Makes dist/ from src/ and from the modules that `cargo xtask npm` put into src/glue/; with --sizes
// prints how large they are.
import { cp, mkdir, readFile, readdir, rm } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** The modules. */
const MODULES = ["small", "manifests", "whole"];

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await rm(here("dist"), { recursive: true, force: true });
execFileSync(process.execPath, [here("node_modules/typescript/bin/tsc"), "--project", here("tsconfig.json")], { stdio: "inherit" });
await mkdir(here("dist/glue"), { recursive: true });
for (const name of await readdir(here("src/glue"))) {
  if (name.endsWith("_bg.wasm")) await cp(here(`src/glue/${name}`), here(`dist/${name.replace("_bg", "")}`));
  else if (!name.endsWith(".wasm.d.ts")) await cp(here(`src/glue/${name}`), here(`dist/glue/${name}`));
}
for (const name of ["LICENSE-MIT", "LICENSE-APACHE"]) await cp(here(`../../${name}`), here(name));

if (!process.argv.includes("--sizes")) process.exit();
const rows = [["module", "raw", "gzip -9", "brotli -11"]];
for (const name of MODULES) {
  const bytes = await readFile(here(`dist/${name}.wasm`));
  const size = {
    raw: bytes.length,
    gzip: gzipSync(bytes, { level: 9 }).length,
    brotli: brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length, [constants.BROTLI_PARAM_LGWIN]: 24 } }).length,
  };
  rows.push([`${name}.wasm`, size.raw, size.gzip, size.brotli].map(String));
}
for (const row of rows) console.log(row.map((cell, n) => (n ? cell.padStart(11) : cell.padEnd(16))).join(""));
