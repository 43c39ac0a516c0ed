// The package as users have it: packed, and installed in a folder of its own.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { PACKAGE, VECTORS } from "./support.mjs";

/** A file with a manifest: small and manifests are both loaded. */
export const SIGNED = (() => {
  const suite = JSON.parse(readFileSync(join(VECTORS, "verdict/manifests/vectors.json"), "utf8"));
  return join(VECTORS, "verdict/manifests", suite.tests[0].file);
})();
export const PLAIN = join(VECTORS, "../core/src/codec/tests/cjpeg-2x2.jpg");

/** A user's folder, and what makes projects in it and clears it away. */
export function installed() {
  const home = mkdtempSync(join(tmpdir(), "biaoshi-npm-"));
  const run = (args, cwd) => execFileSync("npm", args, { cwd, stdio: "pipe", encoding: "utf8" });
  const [{ filename, files }] = JSON.parse(run(["pack", "--json", "--loglevel=error", "--pack-destination", home], PACKAGE));
  const held = files.map((file) => file.path);
  for (const name of ["README.md", "LICENSE-MIT", "dist/small.wasm", "dist/index.d.ts"]) assert.ok(held.includes(name), name);
  assert.ok(!held.some((name) => /(^|\/)(test|src|node_modules)\//.test(name)), "sources and tests stay out");
  mkdirSync(join(home, "node_modules"));
  writeFileSync(join(home, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  run(["install", "--no-audit", "--no-fund", "--loglevel=error", "--offline", join(home, filename)], home);
  const project = (name, texts) => {
    const folder = join(home, name);
    mkdirSync(folder);
    for (const [path, text] of Object.entries(texts)) writeFileSync(join(folder, path), text);
    return folder;
  };
  return { home, project, remove: () => rmSync(home, { recursive: true, force: true }) };
}

/** What a script that reads files of the disk does and prints. */
export const READ = `const held = (path, name) => new File([readFileSync(path)], name);
const signed = await verify(held(${JSON.stringify(SIGNED)}, "signed.jpg"));
const made = await label(held(${JSON.stringify(PLAIN)}, "plain.jpg"), "example");
const again = await verify(made.content);
console.log(JSON.stringify({ signed: signed.findings.map((finding) => finding.code), status: again.status, name: made.content.name }));`;

/** Whether an answer is what this process finds. */
export async function expected(run) {
  const { verify } = await import("biaoshi");
  const signed = await verify(new File([readFileSync(SIGNED)], "signed.jpg"));
  assert.deepEqual(await run, { signed: signed.findings.map((finding) => finding.code), status: "confirmed", name: "plain.jpg" });
}
