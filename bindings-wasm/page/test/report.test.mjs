// What the page shows of a file, in Chromium.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test, { after, before } from "node:test";
import { add, file, HOSTILE, labelled, launch, open, report, serve, sound, vector } from "./support.mjs";

let browser;
let server;
before(async () => {
  [browser, server] = [await launch(), await serve()];
});
after(async () => {
  await browser.close();
  await server.close();
});

/** A fresh page with these files in it. */
async function shown(files, options) {
  const opened = await open(browser, server.url, options);
  await add(opened.page, files);
  await report(opened.page);
  return opened;
}

const text = (page, selector) => page.locator(selector).innerText();

/** The raw report on display. */
async function raw(page) {
  await page.click('[data-key="raw"]');
  return JSON.parse(await page.locator(".raw pre").textContent());
}

async function expected(suite, id) {
  const { tests } = JSON.parse(await readFile(vector(`${suite}/vectors.json`), "utf8"));
  return tests.find((row) => row.id === id);
}

for (const [suite, id, status] of [
  ["verdict/png", "itxt", "States AI"],
  ["verdict/png", "level-2", "States possibly AI"],
  ["verdict/marks", "parameters", "Suspected AI"],
  ["verdict/protection", "picture-other", "Not reliable"],
  ["verdict/manifests", "ai", "States AI"],
  ["verdict/notices", "text-start", "Suspected AI"],
  ["verdict/manifests", "foreign-content-changed", "No mark of AI"],
]) {
  test(`${suite} ${id}: the words, and the report itself`, async () => {
    const row = await expected(suite, id);
    const opened = await shown([vector(`${suite}/${row.file}`)]);
    const { page } = opened;
    assert.equal(await text(page, ".status-word"), status);
    const found = await raw(page);
    assert.equal(found.file, row.file);
    assert.deepEqual({ ...found, file: null }, { ...row.expected.report, file: null });
    assert.equal(await page.locator(".evidence").count(), row.expected.report.evidence.length);
    assert.equal(await page.locator("#findings .finding").count(), row.expected.report.findings.length);
    await sound(assert, opened);
    await opened.context.close();
  });
}

test("an unlabelled file: nothing is concluded from that", async () => {
  const opened = await shown([vector("signed/input.png")]);
  assert.match(await text(opened.page, ".status"), /No mark found\s+No mark was found\. That says nothing about how the content was made\./);
  assert.match(await text(opened.page, ".layers"), /Explicit notice\s+Not looked for yet/);
  assert.match(await text(opened.page, ".layers"), /Watermark\s+Not looked for yet/);
  await sound(assert, opened);
  await opened.context.close();
});

test("a broken binding is said first and in words", async () => {
  const opened = await shown([vector("verdict/protection/picture-other.png")]);
  const { page } = opened;
  assert.match(await text(page, ".status"), /A signature or hash binding in the file is broken/);
  assert.equal(await page.locator(".i-broken").first().innerText().then((words) => words.split(" · ")[0].trim()), "Broken");
  await sound(assert, opened);
  await opened.context.close();
});

test("what is no file of a known kind is an error with its code", async () => {
  const opened = await shown([file("nothing.bin", Buffer.from([1, 2, 3, 255, 254, 0, 9]))]);
  assert.match(await text(opened.page, "#report .f-error"), /could not be read\s+format\.unknown/);
  assert.doesNotMatch(await text(opened.page, "#report"), /biaoshi list/);
  await sound(assert, opened);
  await opened.context.close();
});

/** Elements that only the strings of a file could have made, and what they did. */
const intruders = (page) =>
  page.evaluate(() => ({
    made: [...document.querySelectorAll("body *")].filter((node) => node.matches("script, iframe, object, embed, svg[onload], [onerror], [onload], img[src='x'], b") || /^javascript:/.test(node.getAttribute("href") ?? "")).map((node) => node.outerHTML),
    polluted: Object.keys(Object.prototype),
  }));

for (const [number, hostile] of HOSTILE.entries()) {
  test(`hostile string ${number}: in the name and in every field it is text`, async () => {
    const clean = hostile.replace(/[\ud800-\udfff](?![\udc00-\udfff])/g, "\ufffd");
    const fields = { Label: "1", ContentProducer: clean, ProduceID: clean, ReservedCode1: clean, ContentPropagator: `${clean}2`, PropagateID: clean, ReservedCode2: clean };
    const opened = await open(browser, server.url);
    const { page } = opened;
    const name = `${clean.replace(/[/\\\0\r\n]/g, "")}.png`;
    await add(page, [file(name, await labelled(fields), "image/png"), file("other.png", await readFile(vector("signed/input.png")))]);
    await report(page);
    assert.deepEqual(await intruders(page), { made: [], polluted: [] });
    assert.equal(await page.locator("#report-title").evaluate((node) => [...node.querySelectorAll("*")].every((inner) => ["BDI", "SPAN"].includes(inner.tagName))), true);
    const screen = await page.evaluate(() => document.body.innerText);
    assert.doesNotMatch(screen, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202a-\u202e]/u);
    await page.selectOption("#language", "pt");
    await report(page);
    await page.click('[data-key="raw"]');
    await page.locator('[data-key^="bytes-"]').first().click();
    await page.waitForSelector(".hex-text pre, .hex-row");
    assert.deepEqual(await intruders(page), { made: [], polluted: [] });
    await sound(assert, opened);
    await opened.context.close();
  });
}

test("direction controls are shown as numbers, not obeyed", async () => {
  const opened = await shown([file("photo\u202egnp.exe", await labelled({ Label: "1", ContentProducer: "x\u202ey", ProduceID: "1" }))]);
  const title = opened.page.locator("#report-title");
  assert.equal(await title.innerText(), "photoU+202Egnp.exe");
  assert.equal(await title.locator(".ctl").getAttribute("title"), "text direction control");
  assert.equal(await title.locator("bdi").evaluate((node) => getComputedStyle(node).unicodeBidi), "isolate");
  await opened.context.close();
});

test("the bytes of the label are those that are highlighted, and come by slices", async () => {
  const opened = await open(browser, server.url);
  const { page } = opened;
  await page.evaluate(() => {
    globalThis.slices = [];
    const { slice } = Blob.prototype;
    Blob.prototype.slice = function (from, to, type) {
      const part = slice.call(this, from, to, type);
      const read = part.arrayBuffer;
      part.arrayBuffer = function () {
        globalThis.slices.push(part.size);
        return read.call(this);
      };
      return part;
    };
  });
  const head = await readFile(vector("verdict/png/itxt.png"));
  await add(page, [file("long.png", Buffer.concat([head, Buffer.alloc(24_000_000)]))]);
  await report(page);
  const { evidence } = await raw(page);
  const { offset, length } = evidence[0].site;
  await page.click('[data-key="bytes-0"]');
  await page.waitForFunction((count) => document.querySelectorAll(".hex-bytes mark").length > 0 && document.querySelectorAll(".hex-row").length < count, 60);
  await page.waitForFunction(() => !document.querySelector(".hex-bytes mark").textContent.includes("·"));
  const marks = await page.locator(".hex-bytes mark").allTextContents();
  const bytes = Buffer.from(marks.join(" ").replace(/\s+/g, ""), "hex");
  assert.ok(bytes.length > 16);
  assert.deepEqual(bytes.subarray(0, length), head.subarray(offset, offset + Math.min(length, bytes.length)));
  assert.match(await text(page, ".hex-text pre"), /"Label"/);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Bytes of the file");
  await page.fill("#hex-offset", String(20_000_000));
  await page.click(".hex-go button");
  await page.waitForFunction(() => document.querySelector(".hex-offset").textContent >= "01312000");
  await page.click(".hex-tools .row-actions button >> nth=3");
  const read = await page.evaluate(() => globalThis.slices);
  assert.ok(read.every((size) => size <= 8192) && read.reduce((sum, size) => sum + size, 0) < 300_000, `${read}`);
  await page.click(".hex-head button");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.key), "bytes-0");
  await sound(assert, opened);
  await opened.context.close();
});

test("a notice is looked for when asked, and marked where it stands", async () => {
  const row = await expected("verdict/notices", "picture-drawn");
  const opened = await shown([vector(`verdict/notices/${row.file}`)]);
  const { page } = opened;
  assert.equal(await page.locator(".overlay rect").count(), 0);
  await page.focus('[data-key="look"]');
  await page.keyboard.press("Enter");
  await page.waitForSelector(".overlay rect");
  const { notice } = row.expected.report.evidence.find((found) => found.notice?.rect);
  const box = await page.locator(".overlay rect").first().evaluate((node) => ["x", "y", "width", "height"].map((name) => Number(node.getAttribute(name))));
  const [x, y, width, height] = notice.rect;
  assert.ok(box[0] <= x && box[1] <= y && box[0] + box[2] >= x + width && box[1] + box[3] >= y + height);
  const fits = await page.evaluate(() => {
    const [picture, overlay] = [document.querySelector(".frame img"), document.querySelector(".overlay")];
    const [a, b] = [picture.getBoundingClientRect(), overlay.getBoundingClientRect()];
    return { same: Math.abs(a.width - b.width) < 3 && Math.abs(a.height - b.height) < 3, box: overlay.getAttribute("viewBox"), natural: `0 0 ${picture.naturalWidth} ${picture.naturalHeight}` };
  });
  assert.ok(fits.same);
  assert.equal(fits.box, fits.natural);
  assert.match(await text(page, ".cards >> nth=0"), /Notice for people/);
  await page.click('[data-key^="rect-"]');
  await page.uncheck(".preview .check input");
  assert.equal(await page.locator(".overlay").isVisible(), false);
  await sound(assert, opened);
  await opened.context.close();
});

test("a watermark is read when the picture is looked at, and is a pointer", async () => {
  const opened = await shown([vector("verdict/watermarks/alone.png")]);
  const { page } = opened;
  assert.match(await text(page, ".layers"), /Watermark\s+Not looked for yet/);
  await page.click('[data-key="look"]');
  await page.waitForFunction(() => document.querySelector(".look") === null);
  assert.match(await text(page, ".layers"), /Watermark\s+Found: 1/);
  assert.match(await text(page, ".cards"), /a pointer, never proof/);
  await sound(assert, opened);
  await opened.context.close();
});

test("sound can be played from its notice", async () => {
  const opened = await shown([vector("verdict/notices/sound-start.wav")]);
  const { page } = opened;
  await page.click('[data-key="look"]');
  await page.waitForSelector('[data-key^="play-"]');
  assert.equal(await page.locator(".preview audio[controls]").count(), 1);
  await page.click('[data-key^="play-"]');
  await sound(assert, opened);
  await opened.context.close();
});
