// Verifying a JPEG of about 1 MB in one Chromium: this package beside @contentauth/c2pa-web, in turn; and
// reading the watermark of a picture of 1 megapixel. Prints a Markdown table; `node bench/verify.mjs [ROUNDS]`.
// Needs the built package and the command.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "esbuild";

import { launch, opened } from "../test/chromium.mjs";
import { serve } from "../test/server.mjs";
import { PACKAGE, keys } from "../test/support.mjs";

const rounds = Number(process.argv[2] ?? 15);
const PAGE = '<!doctype html><meta charset="utf-8"><title>Bench</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
const SCRIPT = `
import { label, verify } from "/dist/index.js";
import { Pool } from "/dist/pool.js";
import { createC2pa } from "/bundle/index.js";

async function picture() {
  const canvas = new OffscreenCanvas(1680, 1260);
  const context = canvas.getContext("2d");
  const data = context.createImageData(canvas.width, canvas.height);
  let state = 0x9e3779b9;
  for (let n = 0; n < data.data.length; n++) {
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    data.data[n] = n % 4 === 3 ? 255 : 96 + (state & 63) + ((n / 6720) & 63);
  }
  context.putImageData(data, 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
}

/** Soft shapes with a little grain: what a watermark can hold to. */
async function scene() {
  const [width, height] = [1152, 868];
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  const data = context.createImageData(width, height);
  let state = 0x2545f491;
  for (let n = 0; n < width * height; n++) {
    const [x, y] = [n % width, Math.floor(n / width)];
    state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
    const tone = 128 + 50 * Math.sin(x / 61) * Math.cos(y / 47) + 25 * Math.sin((x + 2 * y) / 17) + (state & 15);
    data.data.set([tone, tone * 0.9, 255 - tone, 255], 4 * n);
  }
  context.putImageData(data, 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

const timed = async (work) => {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
};

try {
  const sign = await (await fetch("/key.json")).json();
  const made = await label(await picture(), "example", { notice: { waived: "a benchmark" } });
  const signed = await label(await picture(), "example", { notice: { waived: "a benchmark" }, sign });
  const marked = await label(await scene(), "example", { notice: { waived: "a benchmark" }, watermark: true });
  const pool = new Pool({ size: 1 });
  let peer;
  const start = { "c2pa-web, start": await timed(async () => { peer = await createC2pa({ wasmSrc: "/peer/dist/resources/c2pa_bg.wasm" }); }) };
  const read = async () => {
    const reader = await peer.reader.fromBlob("image/jpeg", signed.content);
    const store = await reader.manifestStore();
    await reader.free();
    if (!store.active_manifest) throw new Error("no manifest");
  };
  const checked = async (verify) => {
    const report = await verify(signed.content);
    if (!report.evidence.some((one) => one.carrier === "c2pa_manifest" && one.integrity === "intact")) throw new Error(JSON.stringify(report.findings));
  };
  const works = {
    "label in the metadata, page": () => verify(made.content),
    "manifest and label, page": () => checked(verify),
    "manifest and label, worker": () => checked((content) => pool.verify(content)),
    "c2pa-web: the manifest, worker": read,
    "watermark of 1 megapixel, page": async () => {
      const report = await verify(marked.content, { look: "everything" });
      if (!report.evidence.some((one) => one.carrier === "watermark")) throw new Error(JSON.stringify(report.findings));
    },
  };
  const times = {};
  for (const [name, work] of Object.entries(works)) start[name + ", first"] = await timed(work);
  for (let round = 0; round < ${rounds}; round++) {
    for (const [name, work] of Object.entries(works)) (times[name] ??= []).push(await timed(work));
  }
  globalThis.done = { bytes: signed.content.size, start, times };
} catch (error) {
  globalThis.done = { error: String(error?.stack ?? error) };
}
`;

const { chain, key } = keys().main;
// The peer is made for bundlers.
const bundle = mkdtempSync(join(tmpdir(), "biaoshi-bench-"));
await build({ entryPoints: [`${PACKAGE}node_modules/@contentauth/c2pa-web/dist/index.js`], bundle: true, format: "esm", outdir: bundle, logLevel: "error" });
const csp = "default-src 'none'; img-src data:; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; connect-src 'self'";
const server = await serve(
  { dist: `${PACKAGE}dist`, bundle, peer: `${PACKAGE}node_modules/@contentauth/c2pa-web` },
  { "/": PAGE, "/page.js": SCRIPT, "/key.json": JSON.stringify({ chain, key }) },
  { "content-security-policy": csp },
);
const browser = await launch();
try {
  const { page, wrong } = await opened(browser, server.url);
  const handle = await page.waitForFunction(() => globalThis.done, undefined, { timeout: 120_000 }).catch((error) => {
    throw new Error([error, ...wrong].join("\n"));
  });
  const done = await handle.jsonValue();
  if (done.error) throw new Error([done.error, ...wrong].join("\n"));
  const peer = JSON.parse(readFileSync(`${PACKAGE}node_modules/@contentauth/c2pa-web/package.json`, "utf8")).version;
  const median = (times) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
  const base = median(done.times["c2pa-web: the manifest, worker"]);
  console.log(`${browser.version()}, c2pa-web ${peer}, JPEG of ${done.bytes} bytes, ${rounds} rounds\n`);
  console.log("| | median ms | range | against c2pa-web |\n| --- | --- | --- | --- |");
  for (const [name, times] of Object.entries(done.times)) {
    console.log(`| ${name} | ${median(times).toFixed(1)} | ${Math.min(...times).toFixed(1)} to ${Math.max(...times).toFixed(1)} | ${(median(times) / base).toFixed(2)} |`);
  }
  for (const [name, ms] of Object.entries(done.start)) console.log(`| ${name} | ${ms.toFixed(1)} | | |`);
} finally {
  await browser.close();
  await server.close();
  rmSync(bundle, { recursive: true });
}
