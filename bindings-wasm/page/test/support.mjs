// What the tests of the page share: a server of files, Debian's Chromium, hostile files.
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { CSP } from "../build.mjs";

export const here = fileURLToPath(new URL(".", import.meta.url));
export const root = join(here, "../../..");
export const vectors = join(root, "test-vectors");
/** The built page; another one can be named. */
export const DIST = process.env.BIAOSHI_PAGE ?? join(here, "../dist");

/** The tools are those of the npm package's folder, or of NODE_PATH. */
export function tool(name) {
  const places = [join(here, "../../npm/package.json"), ...(process.env.NODE_PATH ?? "").split(":").filter(Boolean).map((path) => join(path, "x"))];
  for (const place of places) {
    try {
      return createRequire(place)(name);
    } catch (error) {
      if (error.code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new Error(`${name} is not installed: run npm ci in bindings-wasm/npm`);
}

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".wasm": "application/wasm", ".png": "image/png" };

/** Serves the page, and `extra` bodies by path, with the headers that the README asks for, or bare. */
export async function serve({ headers = true, extra = {} } = {}) {
  await stat(join(DIST, "index.html")).catch(() => {
    throw new Error(`${DIST} holds no page: run node build.mjs`);
  });
  const asked = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    asked.push({ method: request.method, path: pathname });
    if (headers) {
      response.setHeader("content-security-policy", `${CSP}; frame-ancestors 'none'`);
      response.setHeader("x-content-type-options", "nosniff");
    }
    const path = pathname === "/" ? "/index.html" : normalize(pathname);
    const body = extra[pathname] ?? (await readFile(join(DIST, path)).catch(() => null));
    if (body === null) {
      response.statusCode = 404;
      return response.end();
    }
    response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
    response.end(body);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  // A test that fails before it closes its server still comes to an end.
  server.unref();
  const close = () => new Promise((done) => server.close(done).closeAllConnections());
  return { url: `http://127.0.0.1:${server.address().port}/`, asked, close };
}

/** Milliseconds that anything may take on a busy machine. */
const PATIENCE = 180_000;

export async function launch() {
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return tool("playwright-core").chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args, timeout: PATIENCE });
}

/** A page in a fresh profile that remembers what went wrong in it: errors, and what its policy blocked. */
export async function open(browser, url, { settings, storage = true, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", ...options });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(() => {
    globalThis.blocked = [];
    document.addEventListener("securitypolicyviolation", (event) => globalThis.blocked.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  if (settings !== undefined && storage) {
    await page.addInitScript((kept) => {
      if (localStorage.getItem("biaoshi.settings") === null) localStorage.setItem("biaoshi.settings", kept);
    }, JSON.stringify(settings));
  }
  await page.goto(url);
  await page.waitForFunction(() => /\d\.\d/.test(document.querySelector("#about")?.textContent ?? ""));
  return { context, page, wrong };
}

/** Nothing went wrong in the page. */
export async function sound(assert, { page, wrong }) {
  assert.deepEqual(await page.evaluate(() => globalThis.blocked), [], "blocked by the policy");
  assert.deepEqual(wrong, []);
}

export async function add(page, files) {
  await page.setInputFiles("#files", files);
}

/** Waits until the report on display is complete. */
export async function report(page) {
  await page.waitForSelector("#report .status, #report .f-error .finding-text");
  await page.waitForFunction(() => document.querySelector('#report [data-key="look"][aria-disabled]') === null);
}

/** Drops a hundred files at once and waits for their reports: their names, and how it went. */
export async function dropHundred(page) {
  const sources = ["verdict/png/itxt.png", "signed/input.png", "verdict/protection/picture-other.png", "verdict/marks/parameters.png", "signed/input.jpg"];
  const bodies = await Promise.all(sources.map((name) => readFile(vector(name))));
  const names = Array.from({ length: 100 }, (_, at) => `${String(at).padStart(3, "0")}.png`);
  // The files are made beforehand, so that only the page's own work is measured.
  await page.evaluate(([given, all]) => {
    const made = given.map((text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0)));
    globalThis.dropped = new DataTransfer();
    all.forEach((name, at) => globalThis.dropped.items.add(new File([made[at % made.length]], name)));
  }, [bodies.map((body) => body.toString("base64")), names]);
  await page.evaluate(() => {
    globalThis.long = [];
    globalThis.steps = new Set();
    new PerformanceObserver((list) => globalThis.long.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
    new MutationObserver(() => globalThis.steps.add(document.querySelector("#progress").value)).observe(document.querySelector("#progress"), { attributes: true });
  });
  const began = Date.now();
  await page.evaluate(() => document.querySelector("#drop").dispatchEvent(new DragEvent("drop", { dataTransfer: globalThis.dropped, bubbles: true, cancelable: true })));
  await page.waitForFunction(() => document.querySelector("#progress-text").textContent.startsWith("100 of 100"));
  const took = Date.now() - began;
  const { long, steps } = await page.evaluate(() => ({ long: globalThis.long, steps: globalThis.steps.size }));
  return { names, took, long, steps };
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body) >>> 0, body.length + 4);
  return out;
}

/** A PNG of the vectors with this AIGC field in a text chunk. */
export async function labelled(fields) {
  const plain = await readFile(join(vectors, "signed/input.png"));
  const text = Buffer.concat([Buffer.from("AIGC\0\0\0\0\0", "latin1"), Buffer.from(typeof fields === "string" ? fields : JSON.stringify(fields), "utf8")]);
  return Buffer.concat([plain.subarray(0, 33), chunk("iTXt", text), plain.subarray(33)]);
}

/** Strings that want to be more than text. */
export const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "\"><script>alert(1)</script>",
  "</textarea><svg onload=alert(1)>",
  "{{constructor.constructor('alert(1)')()}}",
  "javascript:alert(1)",
  "\u202egnp.exe\u202c",
  "a\u2066b\u2069c\u200bd\u{e0041}e",
  "bell\u0007 escape\u001b[31m nul\u0000 line\nbreak\r\ttab",
  "\ud800 lone",
  "&lt;b&gt;&amp;",
  "%3Cimg%20src=x%3E",
  "__proto__",
];

export const file = (name, buffer, mimeType = "application/octet-stream") => ({ name, buffer, mimeType });
export const vector = (path) => join(vectors, path);
