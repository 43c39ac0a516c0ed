// Every vector of test-vectors/ in Chromium, under a strict Content Security Policy.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "node:test";

import { launch, opened } from "./chromium.mjs";
import { serve } from "./server.mjs";
import { PACKAGE, VECTORS, keys, suites } from "./support.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const PAGE = '<!doctype html><meta charset="utf-8"><title>Vectors</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';
const SCRIPT = `
import * as api from "/dist/index.js";
import { runner } from "/test/vectors.mjs";
const keys = await (await fetch("/keys.json")).json();
const file = async (path) => new Uint8Array(await (await fetch("/vectors/" + path)).arrayBuffer());
const run = runner(api, keys, file);
window.vector = async (kind, folder, test) => {
  try { return await run(kind, folder, test); } catch (error) { return String(error?.stack ?? error); }
};
`;

let browser;
let server;
let shown;
before(async () => {
  const pages = { "/": PAGE, "/page.js": SCRIPT, "/keys.json": JSON.stringify(keys()) };
  server = await serve({ dist: `${PACKAGE}dist`, test: here, vectors: VECTORS }, pages);
  browser = await launch();
  shown = await opened(browser, server.url);
  await shown.page.waitForFunction(() => "vector" in window);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

for (const suite of suites()) {
  describe(suite.suite, () => {
    for (const vector of suite.tests) {
      it(vector.id, async () => {
        const found = await shown.page.evaluate(([kind, folder, test]) => window.vector(kind, folder, test), [suite.kind, suite.folder, vector]);
        assert.equal(found ?? undefined, undefined);
      });
    }
  });
}
it("nothing is thrown or blocked", () => assert.deepEqual(shown.wrong, []));
