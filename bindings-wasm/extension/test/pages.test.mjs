// The popup and the settings, as a user sees them, in every language; and with axe-core.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { need, openDesk, startChromium, until } from "./browsers.mjs";
import { MEDIA, startSite } from "./site.mjs";

const axe = readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");

/** The certificates inside a signed picture, as PEM, the last of the chain last. */
function certificatesIn(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length - 8; at += 1) {
    if (bytes[at] !== 0x30 || bytes[at + 1] !== 0x82 || bytes[at + 4] !== 0x30 || bytes[at + 5] !== 0x82) continue;
    const der = bytes.subarray(at, at + 4 + bytes.readUInt16BE(at + 2));
    try {
      found.push(new X509Certificate(der).toString());
      at += der.length - 1;
    } catch {
      // Something else that begins alike.
    }
  }
  return found;
}

describe("the extension's pages", () => {
  let site, browser, desk, tab;
  const settings = (more) => desk.settings({ sites: [site.origins[0]], ...more });
  const popup = async () => {
    const page = await browser.open(`${browser.root}popup.html#tab=${tab}`);
    await page.waitForSelector(".items li");
    return page;
  };

  before(async () => {
    site = await startSite();
    browser = await startChromium({ hosts: ["http://127.0.0.1/*"] });
    desk = await openDesk(browser);
    await settings();
    await browser.open(`${site.origins[0]}/cases.html`);
    tab = await desk.tab();
    await until("reports", () => desk.view(tab), (view) => view.items.length > 8 && view.items.every((item) => item.state !== "waiting"));
  });
  after(async () => {
    await browser?.close();
    site?.close();
  });

  for (const [language, tag, words] of [["en", "en", "Labelled AI-generated"], ["zh_CN", "zh-Hans", "标识为AI生成合成"], ["zh_TW", "zh-Hant", "標識為AI生成合成"], ["pt_BR", "pt", "Rotulado: gerado por IA"]]) {
    test(`speak ${tag}, and axe-core finds nothing`, async () => {
      await settings({ language });
      const page = await popup();
      await page.waitForFunction((text) => document.querySelector(".items")?.textContent.includes(text), words);
      assert.equal(await page.evaluate(() => document.documentElement.lang), tag);
      // Other words are other reports: they are made anew.
      await until("the reports", () => desk.view(tab), (view) => view.items.length > 8 && view.items.every((item) => item.state !== "waiting"));
      await page.locator("li:has(.pill.confirmed) details summary").first().click();
      await page.waitForFunction((lang) => {
        const texts = [...document.querySelectorAll(".report li > span[lang]")];
        return texts.length > 0 && texts.every((one) => one.lang === lang && (lang === "zh-Hans") === /[\u4e00-\u9fff]/.test(one.textContent));
      }, tag.startsWith("zh") ? "zh-Hans" : "en");
      for (const path of ["", "options.html"]) {
        if (path) {
          await page.goto(`${browser.root}${path}`);
          await page.waitForSelector("#language");
          assert.equal(await page.locator('input[type="file"]:visible').count(), 0, "the browser's own words for a file are in its own language");
        }
        // A copy that stands still: the popup goes on to tell what is new.
        await page.evaluate(() => document.body.replaceWith(document.body.cloneNode(true)));
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => globalThis.axe.run());
        assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" ")}`), []);
      }
      await page.close();
    });
  }

  test("anchors are checked before they are kept, and name the signer", async () => {
    await settings();
    const page = await browser.open(`${browser.root}options.html`);
    await page.waitForSelector("#anchors");
    await page.fill("#anchors", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----");
    await page.locator("#anchors").blur();
    await page.waitForSelector("#anchors-problem.problem");
    const stored = () => page.evaluate(async () => (await chrome.storage.local.get("settings")).settings.anchors ?? "");
    assert.equal(await stored(), "");
    const chain = certificatesIn(MEDIA["signed.png"]);
    assert.ok(chain.length > 0);
    await page.fill("#anchors", chain.at(-1));
    await page.locator("#anchors").blur();
    await until("the anchor", stored, (text) => text.includes("BEGIN CERTIFICATE"));
    await popup();
    const view = await until("the signer", () => desk.view(tab), (now) => now.items.find((item) => item.url.endsWith("/m/signed.png"))?.standing?.protection === "trusted");
    assert.ok(view.items.find((item) => item.url.endsWith("/m/signed.png")).standing.signer.length > 0);
  });
});
