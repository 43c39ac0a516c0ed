// Builds the extension for both browsers into dist/ (or FOLDER), and beside it dist.zip: node build.mjs [FOLDER]
// BIAOSHI_NPM names another folder of the npm package (with dist/ and node_modules/) than ../npm.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const npm = resolve(process.env.BIAOSHI_NPM ?? join(here, "../npm"));
const need = createRequire(join(npm, "package.json"));
const out = resolve(process.argv[2] ?? join(here, "dist"));

/** Of the library, what verifying takes: no labelling, no worker pools, nothing of Node. */
const LIBRARY = /^(api|content|errors|exports|index|label|load|types)\.js$|^glue\/[a-z]+\.js$|^(small|manifests)\.wasm$/;
/** Browsers ask for one of two Portuguese locales. */
const PORTUGUESE = { from: "pt_BR", also: "pt_PT" };

async function filesOf(folder, prefix = "") {
  const found = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    const path = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory()) found.push(...(await filesOf(folder, path)));
    else found.push(path);
  }
  return found.sort();
}

async function copyLibrary() {
  const from = join(npm, "dist");
  const files = (await filesOf(from).catch(() => [])).filter((path) => LIBRARY.test(path));
  for (const wanted of ["index.js", "small.wasm", "manifests.wasm"]) {
    if (!files.includes(wanted)) throw new Error(`${from} has no ${wanted}: build the npm package first`);
  }
  for (const path of files) {
    await mkdir(dirname(join(out, "biaoshi", path)), { recursive: true });
    await cp(join(from, path), join(out, "biaoshi", path));
  }
}

/** Type errors end the build. */
function check() {
  const tsc = join(dirname(need.resolve("typescript/package.json")), "bin/tsc");
  execFileSync(process.execPath, [tsc, "--project", join(here, "tsconfig.json")], { stdio: "inherit" });
}

async function bundle() {
  const { build } = need("esbuild");
  const common = { bundle: true, outdir: out, target: ["chrome120", "firefox140"], charset: "utf8", legalComments: "none", absWorkingDir: here, logLevel: "warning" };
  await build({ ...common, format: "iife", entryPoints: { content: "src/content/main.ts" } });
  await build({ ...common, format: "esm", entryPoints: { background: "src/background/main.ts" }, external: ["./biaoshi/index.js"] });
  await build({ ...common, format: "esm", entryPoints: { popup: "src/pages/popup.ts", options: "src/pages/options.ts" } });
}

async function copyRest() {
  const { version } = JSON.parse(await readFile(join(npm, "package.json"), "utf8"));
  const manifest = JSON.parse(await readFile(join(here, "manifest.json"), "utf8"));
  await writeFile(join(out, "manifest.json"), `${JSON.stringify({ ...manifest, version: version ?? manifest.version }, null, 2)}\n`);
  const head = await readFile(join(here, "src/pages/head.html"), "utf8");
  for (const name of ["popup", "options"]) {
    const html = await readFile(join(here, `src/pages/${name}.html`), "utf8");
    await writeFile(join(out, `${name}.html`), html.replace("%HEAD%", () => head.replace("%NAME%", name)));
  }
  await cp(join(here, "src/pages/pages.css"), join(out, "pages.css"));
  for (const name of ["16", "32", "48", "128"]) await cp(join(here, `icons/${name}.png`), join(out, `icons/${name}.png`));
  await cp(join(here, "_locales"), join(out, "_locales"), { recursive: true });
  await cp(join(here, "_locales", PORTUGUESE.from), join(out, "_locales", PORTUGUESE.also), { recursive: true });
}

/** The same bytes for the same files, on any machine and at any time. */
async function pack() {
  const { zipSync } = need("fflate");
  const mtime = new Date(2020, 0, 1);
  const files = {};
  for (const path of await filesOf(out)) files[path] = [await readFile(join(out, path)), { mtime, level: 6, os: 3, attrs: 0o644 << 16 }];
  const zip = zipSync(files);
  await writeFile(`${out}.zip`, zip);
  return zip;
}

check();
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await copyLibrary();
await bundle();
await copyRest();
const zip = await pack();
const count = (await filesOf(out)).length;
console.log(`extension: ${count} files, ${zip.length} bytes zipped, sha256 ${createHash("sha256").update(zip).digest("hex")}`);
