// Accessible to everybody: axe-core finds nothing, in both colours, every language, several kinds of report.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test, { after, before } from "node:test";
import { add, file, HOSTILE, labelled, launch, open, report, serve, sound, tool, vector } from "./support.mjs";

let browser;
let server;
const axe = tool("axe-core").source;
const runs = { whole: 0, colours: 0, words: 0 };
before(async () => {
  [browser, server] = [await launch(), await serve()];
});
after(async () => {
  console.log(`axe-core: ${runs.whole} times every rule, ${runs.colours} times those of colours in the dark, ${runs.words} times those of words in another language`);
  await browser.close();
  await server.close();
});

/** Rules whose answer colours change, and rules whose answer words change. The rest look at elements alone. */
const COLOURS = ["color-contrast", "link-in-text-block"];
const WORDS = ["cat.language", "cat.name-role-value", "cat.text-alternatives", "cat.forms"];
const HOW = {
  whole: {},
  colours: { runOnly: { type: "rule", values: COLOURS } },
  words: { runOnly: { type: "tag", values: WORDS } },
};

/** Runs axe-core on what is on display. It is put in by the browser's own tools, not by the page. */
async function axed(page, how, where) {
  if (!(await page.evaluate(() => "axe" in globalThis))) {
    const session = await page.context().newCDPSession(page);
    await session.send("Runtime.evaluate", { expression: axe });
    await session.detach();
  }
  const found = await page.evaluate(async (options) => {
    // What fades in or was just scrolled to has to be at rest.
    await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined)));
    const { violations, passes } = await globalThis.axe.run(document, { resultTypes: ["violations"], ...options });
    const said = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary.replace(/\s+/g, " ").slice(0, 240)}`).join(" | ")}`);
    return { said, looked: passes.length };
  }, HOW[how]);
  runs[how] += 1;
  assert.deepEqual(found.said, [], where);
  assert.ok(found.looked > 0, `${where}: no rule found anything to look at`);
}

/** Every rule in light colours, and what colours change in the dark. */
async function clean(page, where) {
  await axed(page, "whole", where);
  await page.evaluate(() => { document.documentElement.dataset.theme = "dark"; });
  await axed(page, "colours", `${where}, dark`);
  await page.evaluate(() => { document.documentElement.dataset.theme = "light"; });
}

const LANGUAGES = ["en", "zh-Hans", "zh-Hant", "pt"];
const every = ["cn-gb45438", "eu-ai-act-50", "us-ca-sb942", "kr", "in", "vn", "c2pa"];
const read = async (path) => file(path.split("/").pop(), await readFile(vector(path)));

async function kinds() {
  return [
    await read("verdict/manifests/ai.png"),
    await read("signed/input.png"),
    await read("verdict/protection/picture-other.png"),
    file("text.md", Buffer.from("AI生成\n\nText\u202e and more\n")),
    file(`${HOSTILE[0]}\u202e.png`, await labelled({ Label: "1", ContentProducer: HOSTILE[6], ProduceID: HOSTILE[1], extra: 1 })),
    file("broken.bin", Buffer.from([7, 1, 2])),
  ];
}

/** Adds files and waits until all have been looked at. */
async function addAll(page, files) {
  await add(page, files);
  await page.waitForFunction((count) => document.querySelector("#progress").value === count, files.length);
}

test("axe-core finds nothing, in light and dark: start, reports, bytes, settings, labelling", async () => {
  const opened = await open(browser, server.url, { settings: { theme: "light", language: "en", profiles: every } });
  const { page } = opened;
  await clean(page, "start");
  await page.click("#text-open");
  await page.click("#link-open");
  await clean(page, "link");
  await page.click("#link-open");
  const files = await kinds();
  await addAll(page, files);
  const items = page.locator("#items .item");
  for (let at = 0; at < files.length; at += 1) {
    await items.nth(at).click();
    await report(page);
    const first = page.locator(".verdict summary").first();
    if ((await first.count()) > 0) await first.click();
    await clean(page, `report ${at}`);
  }
  await items.nth(0).click();
  await page.locator(".verdict summary").nth(1).click();
  await page.click('[data-key="raw"]');
  await page.locator('[data-key^="bytes-"]').first().click();
  await page.waitForSelector(".hex-bytes mark");
  await clean(page, "bytes and raw");
  await page.click("#settings-open");
  await clean(page, "settings");
  await page.keyboard.press("Escape");
  await page.click('.tabs a[href="#label"]');
  await page.selectOption("#corner", "none");
  await page.fill("#producer", "001191110108MA00T2A00K10001");
  await page.click("#sign-fold summary");
  await page.click("#label-go");
  await clean(page, "form with errors");
  await page.check("#task-propagate");
  await page.click("#label-go");
  await clean(page, "form of platforms with errors");
  await page.click('.tabs a[href="#verify"]');
  // No rule set: other words, and a list less.
  await page.evaluate((all) => all.forEach((id) => document.querySelector(`#set-profiles input[value="${id}"]`).click()), every);
  await page.waitForFunction(() => /asked/.test(document.querySelector("#rules").textContent));
  await report(page);
  await clean(page, "no rule set");
  await sound(assert, opened);
  await opened.context.close();
});

test("every language: each text is there, marked as what it is, and every control has its name", async () => {
  const opened = await open(browser, server.url, { settings: { theme: "light", language: "en", profiles: every } });
  const { page } = opened;
  const files = await kinds();
  // The first has findings for certain: their language shows that all was read again.
  await addAll(page, [4, 0, 2, 3].map((at) => files[at]));
  for (const language of LANGUAGES.slice(1)) {
    await page.click('.tabs a[href="#verify"]');
    await page.locator("#items .item").nth(0).click();
    await page.selectOption("#language", language);
    const texts = language.startsWith("zh") ? "zh-Hans" : "en";
    await page.waitForFunction((tag) => document.querySelector("#report .finding-text bdi")?.lang === tag, texts);
    await page.waitForFunction(() => document.querySelector("#progress").value === 4);
    for (let at = 0; at < 4; at += 1) {
      await page.locator("#items .item").nth(at).click();
      await report(page);
    }
    await axed(page, "words", `${language}, report`);
    await page.click("#settings-open");
    await axed(page, "words", `${language}, settings`);
    await page.keyboard.press("Escape");
    await page.click('.tabs a[href="#label"]');
    for (const task of ["label", "propagate"]) {
      await page.check(`#task-${task}`);
      await page.click("#label-go");
      await axed(page, "words", `${language}, ${task}`);
    }
    // Words of the page stand in the table of its language; English in another language is a text that was left out.
    const english = await page.evaluate(() => [...document.querySelectorAll("[data-t]")].filter((node) => !node.closest("[lang]:not(html)")).map((node) => node.textContent.trim()).filter((text) => /\b(the|file|choose|label|of)\b/i.test(text)));
    assert.deepEqual(english, [], language);
    // The browser's own words for a file come in the browser's language.
    assert.equal(await page.locator('input[type="file"]:not(.sr)').count(), 0);
  }
  await sound(assert, opened);
  await opened.context.close();
});

test("the page works from 320 pixels on without scrolling sideways", async () => {
  const opened = await open(browser, server.url, { settings: { language: "en" }, viewport: { width: 320, height: 700 } });
  const { page } = opened;
  await addAll(page, (await kinds()).slice(0, 2));
  await report(page);
  await page.locator('[data-key^="bytes-"]').first().click();
  await page.waitForSelector(".hex-row");
  for (const language of LANGUAGES) {
    await page.selectOption("#language", language);
    await page.waitForFunction((tag) => document.documentElement.lang === tag, language);
    await report(page);
    for (const width of [320, 360, 768, 1280]) {
      await page.setViewportSize({ width, height: 700 });
      for (const view of ["verify", "label"]) {
        await page.click(`.tabs a[href="#${view}"]`);
        await page.waitForSelector(`#view-${view}:not([hidden])`);
        for (const task of view === "label" ? ["propagate", "label"] : [""]) {
          if (task) await page.check(`#task-${task}`);
          const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.equal(over, 0, `${width} ${language} ${view} ${task}`);
        }
      }
    }
    await page.click('.tabs a[href="#verify"]');
  }
  await opened.context.close();
});

test("landmarks, headings and names are there; motion is reduced when asked", async () => {
  const opened = await open(browser, server.url, { reducedMotion: "reduce" });
  const { page } = opened;
  await add(page, await kinds());
  await report(page);
  const shape = await page.evaluate(() => ({
    landmarks: ["header", "nav", "main", "footer"].map((tag) => document.querySelectorAll(tag).length > 0),
    headings: [...document.querySelectorAll("main :is(h1, h2, h3, h4)")].filter((node) => node.checkVisibility()).map((node) => Number(node.tagName[1])),
    nameless: [...document.querySelectorAll("button, a, input, select, textarea")].filter((node) => node.checkVisibility() && node.tabIndex >= 0 && !(node.textContent.trim() || node.getAttribute("aria-label") || node.labels?.length)).length,
    live: document.querySelector("#live").getAttribute("aria-live"),
    moving: [...document.querySelectorAll("*")].filter((node) => getComputedStyle(node).animationName !== "none" || getComputedStyle(node).transitionDuration !== "0s").length,
  }));
  assert.deepEqual(shape.landmarks, [true, true, true, true]);
  assert.equal(shape.headings[0], 1);
  shape.headings.forEach((level, at) => assert.ok(at === 0 || level <= shape.headings[at - 1] + 1, `${shape.headings}`));
  assert.equal(shape.nameless, 0);
  assert.equal(shape.live, "polite");
  assert.equal(shape.moving, 0);
  await sound(assert, opened);
  await opened.context.close();
});

test("status and integrity never lean on colour: icons and words differ", async () => {
  const opened = await open(browser, server.url);
  const { page } = opened;
  await addAll(page, await Promise.all(["verdict/manifests/ai.png", "verdict/png/level-2.png", "verdict/marks/parameters.png", "verdict/protection/picture-other.png", "signed/input.png"].map(read)));
  const seen = await page.locator("#items .item").evaluateAll((nodes) => nodes.map((node) => [node.querySelector("path").getAttribute("d"), node.querySelector(".item-state").textContent.split(" · ")[0]]));
  assert.equal(new Set(seen.map(([shape]) => shape)).size, 5);
  assert.equal(new Set(seen.map(([, word]) => word)).size, 5);
  await opened.context.close();
});
