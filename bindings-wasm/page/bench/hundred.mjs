// How long the page keeps its thread while a hundred files are verified, in Chromium: prints it, and ends with an
// error where one task is above the bound. `node bench/hundred.mjs`, with the page built; on a machine that does
// nothing else.
import assert from "node:assert/strict";
import { dropHundred, launch, open, serve } from "../test/support.mjs";

const LONGEST_MS = 200;

const [browser, server] = [await launch(), await serve()];
try {
  const { page } = await open(browser, server.url);
  await page.waitForTimeout(1000);
  const { took, long } = await dropHundred(page);
  const longest = Math.max(0, ...long);
  console.log(`100 files in ${took} ms; longest task of the page ${Math.round(longest)} ms (${long.length} of 50 ms or more)`);
  assert.ok(longest < LONGEST_MS, `a task of ${longest} ms`);
} finally {
  await browser.close();
  await server.close();
}
