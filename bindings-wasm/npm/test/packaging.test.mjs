// The package as users install it: packed, installed elsewhere, loaded by Node, plain pages and bundlers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { launch, opened } from "./chromium.mjs";
import { expected, installed, PLAIN, READ, SIGNED } from "./installed.mjs";
import { CSP, serve } from "./server.mjs";
import { PACKAGE, VECTORS } from "./support.mjs";

let home;
let project;
let remove;
let browser;
before(async () => {
  ({ home, project, remove } = installed());
  browser = await launch();
});
after(async () => {
  await browser?.close();
  remove?.();
});

/** Workers need an address that the page vouches for where trusted types are asked for. */
const WORKERS = { "content-security-policy": CSP.replace("; require-trusted-types-for 'script'", "") };

/** What every page does; the bytes come from the server. */
const USE = `
const file = async (name) => new File([await (await fetch(name)).arrayBuffer()], name.slice(1));
const signed = await verify(await file("/signed.jpg"));
const made = await label(await file("/plain.jpg"), "example");
const again = await verify(made.content);
globalThis.answer = { signed: signed.findings.map((finding) => finding.code), status: again.status, name: made.content.name };
`;

/** Opens a page over a folder, and waits for its answer. */
async function answered(folder, pages = {}, headers) {
  const files = { "/signed.jpg": readFileSync(SIGNED), "/plain.jpg": readFileSync(PLAIN) };
  const server = await serve({ site: folder, modules: join(home, "node_modules") }, { ...files, ...pages }, headers);
  try {
    const { page, wrong } = await opened(browser, `${server.url}${pages["/"] ? "/" : "/site/index.html"}`);
    const handle = await page.waitForFunction(() => globalThis.answer, undefined, { timeout: 60_000 }).catch((error) => {
      throw new Error(`${error}\n${wrong.join("\n")}`);
    });
    assert.deepEqual(wrong, []);
    return await handle.jsonValue();
  } finally {
    await server.close();
  }
}

const HTML = (script) => `<!doctype html><meta charset="utf-8"><title>Test</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;
const node = (folder, file) => JSON.parse(execFileSync(process.execPath, [file], { cwd: folder, encoding: "utf8" }));

describe("Node", () => {
  it("as an ES module", async () => {
    const folder = project("esm", { "a.mjs": `import { label, verify } from "biaoshi"; import { readFileSync } from "node:fs";\n${READ}` });
    await expected(node(folder, "a.mjs"));
  });

  it("through require", async () => {
    const folder = project("cjs", { "a.cjs": `const { label, verify } = require("biaoshi"); const { readFileSync } = require("node:fs");\n(async () => {${READ}})();` });
    await expected(node(folder, "a.cjs"));
  });

  it("types are right for those who use them", () => {
    const folder = project("types", {
      "a.ts": `import { BiaoshiError, label, verify, type Report, type Status } from "biaoshi";
import { Pool } from "biaoshi/pool";
import { initialize } from "biaoshi/slim";
const report: Report = await verify(new Uint8Array(), { profiles: ["cn-gb45438"], signal: AbortSignal.timeout(1) });
const status: Status = report.status;
const { content, receipt } = await label(new Blob([]), { producer: "a", level: "possible" });
const size: number = content.size + receipt.bytes + report.evidence.length;
const bytes: Uint8Array = (await label(new Uint8Array(), "a")).content;
initialize({ small: new URL("https://example.org/small.wasm") });
await new Pool({ size: 1 }).verify(new Response());
try { } catch (error) { if (error instanceof BiaoshiError) console.log(error.kind === "limit", error.texts.zh.message); }
// @ts-expect-error: a report has no truth value of its own.
report.valid;
// @ts-expect-error: text is no content.
await verify("text");
// @ts-expect-error: there is no such status.
const wrong: Status = "authentic";
console.log(status, size, bytes, wrong);
`,
      "tsconfig.json": JSON.stringify({ compilerOptions: { strict: true, target: "ES2022", module: "NodeNext", lib: ["ES2022", "DOM"], noEmit: true, types: [] } }),
    });
    execFileSync(process.execPath, [join(PACKAGE, "node_modules/typescript/bin/tsc"), "--project", folder], { stdio: "pipe" });
  });
});

describe("browsers", () => {
  it("as a plain module script", async () => {
    const script = `import { label, verify } from "/modules/biaoshi/dist/index.js";\n${USE}`;
    await expected(answered(home, { "/": HTML("/page.js"), "/page.js": script }));
  });

  it("bundled by esbuild, modules copied beside the bundle", async () => {
    const { build } = await import("esbuild");
    const folder = project("esbuild", { "a.js": `import { label, verify } from "biaoshi";\n${USE}`, "index.html": HTML("out/a.js") });
    await build({ entryPoints: [join(folder, "a.js")], bundle: true, format: "esm", outdir: join(folder, "out"), logLevel: "error" });
    for (const name of readdirSync(join(home, "node_modules/biaoshi/dist")).filter((name) => name.endsWith(".wasm"))) {
      cpSync(join(home, "node_modules/biaoshi/dist", name), join(folder, "out", name));
    }
    await expected(answered(folder));
  });

  it("bundled by Vite", async () => {
    const { build } = await import("vite");
    const folder = project("vite", { "a.js": `import { label, verify } from "biaoshi";\n${USE}`, "index.html": HTML("./a.js") });
    await build({ root: folder, base: "/site/", logLevel: "error", build: { target: "es2022" } });
    await expected(answered(join(folder, "dist")));
  });

  it("bundled by webpack", async () => {
    const { default: webpack } = await import("webpack");
    const folder = project("webpack", { "a.js": `import { label, verify } from "biaoshi";\n${USE}`, "index.html": HTML("dist/main.js") });
    const config = { mode: "production", context: folder, entry: "./a.js", output: { path: join(folder, "dist"), publicPath: "/site/dist/" } };
    const stats = await new Promise((done, failed) => webpack(config, (error, made) => (error ? failed(error) : done(made))));
    assert.deepEqual(stats.toJson({ all: false, errors: true }).errors, []);
    await expected(answered(folder));
  });

  it("in a service worker", async () => {
    const worker = `import { label, verify } from "/modules/biaoshi/dist/index.js";
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", async (event) => {
  try { await (async () => {${USE}})(); event.source.postMessage(globalThis.answer); } catch (error) { event.source.postMessage(String(error?.stack ?? error)); }
});`;
    const page = `await navigator.serviceWorker.register("/worker.js", { type: "module" });
const { active } = await navigator.serviceWorker.ready;
navigator.serviceWorker.addEventListener("message", (event) => { globalThis.answer = event.data; });
navigator.serviceWorker.startMessages();
active.postMessage("go");`;
    await expected(answered(home, { "/": HTML("/page.js"), "/page.js": page, "/worker.js": worker }, WORKERS));
  });

  it("in the threads of a pool, which read a large file by slices", async () => {
    const script = `import { Pool } from "/modules/biaoshi/dist/pool.js";
const pool = new Pool({ size: 2 });
const { verify, label } = { verify: (...given) => pool.verify(...given), label: (...given) => pool.label(...given) };
${USE}
const film = new File([await (await fetch("/film.mp4")).arrayBuffer(), new Uint8Array(1 << 30)], "film.mp4");
const begun = performance.now();
globalThis.film = { status: (await pool.verify(film)).status, ms: performance.now() - begun };
pool.close();`;
    // A box that reaches to the end of the file.
    const { label } = await import("biaoshi");
    const base = new Uint8Array(readFileSync(join(VECTORS, "../xtask/bases/mp4/keys-faststart-ok.mp4")));
    const made = (await label(base, "example", { notice: { waived: "a test" } })).content;
    const film = Buffer.concat([made, Buffer.from([0, 0, 0, 0]), Buffer.from("mdat")]);
    const server = await serve({ modules: join(home, "node_modules") }, { "/": HTML("/page.js"), "/page.js": script, "/film.mp4": film, "/signed.jpg": readFileSync(SIGNED), "/plain.jpg": readFileSync(PLAIN) }, WORKERS);
    try {
      const { page, wrong } = await opened(browser, server.url);
      const found = await (await page.waitForFunction(() => globalThis.film, undefined, { timeout: 60_000 })).jsonValue();
      await expected(page.evaluate(() => globalThis.answer));
      assert.equal(found.status, "confirmed");
      console.log(`a film of 1 GiB in a worker: ${Math.round(found.ms)} ms`);
      assert.deepEqual(wrong, []);
    } finally {
      await server.close();
    }
  });
});
