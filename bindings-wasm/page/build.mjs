// Builds the page into dist/: node build.mjs [--library FOLDER] [--out FOLDER]
// The library is the built npm package beside this folder, unless another is named.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "src");

/** What a page of this kind may do. `frame-ancestors` and `sandbox` work in a header alone; see README.md. */
export const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src blob:",
  "connect-src 'self' https:",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types default",
].join("; ");

/** The tools are those of the npm package's folder, or of NODE_PATH. */
function tool(name) {
  const places = [join(here, "package.json"), join(here, "../npm/package.json"), ...(process.env.NODE_PATH ?? "").split(":").filter(Boolean).map((path) => join(path, "x"))];
  for (const place of places) {
    try {
      return createRequire(place).resolve(name);
    } catch {
      // The next place may have it.
    }
  }
  throw new Error(`${name} is not installed: run npm ci in bindings-wasm/npm`);
}

async function files(folder) {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

function escapeHtml(text) {
  return text.replace(/[&<>"]/g, (c) => `&#${c.codePointAt(0)};`);
}

/** Fills the English texts into the page, so that it reads well before the script runs. */
function fill(html, table) {
  const text = (key) => {
    if (!(key in table)) throw new Error(`index.html names a text that does not exist: ${key}`);
    return escapeHtml(table[key]);
  };
  return html
    .replace(/(<(\w+)[^>]*\bdata-t="([^"]+)"[^>]*>)(<\/\2>)/g, (_, open, __, key, close) => `${open}${text(key)}${close}`)
    .replace(/data-t-label="([^"]+)"/g, (all, key) => `${all} aria-label="${text(key)}"`)
    .replace("%CSP%", escapeHtml(CSP));
}

async function hash(out, paths) {
  const sum = createHash("sha256");
  for (const path of paths) sum.update(path).update("\0").update(await readFile(join(out, path)));
  return sum.digest("hex").slice(0, 16);
}

/** Files with what `integrity` compares them by. */
async function hashed(out, paths) {
  const hash = async (path) => createHash("sha256").update(await readFile(join(out, path))).digest("base64");
  return Promise.all(paths.map(async (path) => [path, `sha256-${await hash(path)}`]));
}

/** Type errors end the build. */
function check() {
  const tsc = join(dirname(tool("typescript/package.json")), "bin/tsc");
  for (const project of ["tsconfig.json", "tsconfig.sw.json"]) {
    execFileSync(process.execPath, [tsc, "--project", join(here, project)], { stdio: "inherit" });
  }
}

async function build() {
  const { values } = parseArgs({ options: { library: { type: "string" }, out: { type: "string" } } });
  const library = resolve(values.library ?? join(here, "../npm/dist"));
  const out = resolve(values.out ?? join(here, "dist"));
  check();
  const esbuild = (await import(pathToFileURL(tool("esbuild")).href)).default;
  for (const name of ["index.js", "pool.js"]) {
    await stat(join(library, name)).catch(() => {
      throw new Error(`${library} holds no ${name}: build the npm package first`);
    });
  }
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const common = { bundle: true, minify: true, target: "es2022", charset: "utf8", logLevel: "warning", legalComments: "none" };
  await esbuild.build({ ...common, entryPoints: [join(source, "main.ts")], outdir: out, format: "esm", external: ["./biaoshi/*"] });
  await esbuild.build({ ...common, entryPoints: [join(source, "first.ts")], outdir: out, format: "iife" });
  await esbuild.build({ ...common, entryPoints: [join(source, "page.css")], outdir: out, target: "chrome123" });
  const shipped = (await files(library)).filter((path) => /\.(js|wasm)$/.test(path) && !/(^|[-/])(node|slim)\.js$/.test(path));
  for (const path of shipped) await cp(join(library, path), join(out, "biaoshi", path));
  await cp(join(source, "icon.svg"), join(out, "icon.svg"));

  const { outputFiles } = await esbuild.build({ entryPoints: [join(source, "i18n/en.ts")], bundle: true, format: "esm", write: false });
  const { en } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  const html = fill(await readFile(join(source, "index.html"), "utf8"), en);
  const whole = await stat(join(out, "biaoshi/whole.wasm")).then((found) => found.size, () => 0);
  await writeFile(join(out, "index.html"), html.replace('<html lang="en">', `<html lang="en" data-whole="${whole}">`));

  const all = (await files(out)).sort();
  const later = all.filter((path) => /(whole|manifests)[^/]*\.wasm$/.test(path));
  const first = all.filter((path) => !later.includes(path));
  const define = { VERSION: JSON.stringify(await hash(out, all)), FIRST: JSON.stringify(await hashed(out, first)), LATER: JSON.stringify(await hashed(out, later)) };
  await esbuild.build({ ...common, entryPoints: [join(source, "sw.ts")], outdir: out, format: "iife", define });

  for (const path of (await files(out)).sort()) {
    console.log(`${String((await stat(join(out, path))).size).padStart(9)}  ${path}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await build().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
