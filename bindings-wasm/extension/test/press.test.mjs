// The unchanged build in Chromium, with nothing but activeTab: what a user has who presses the button.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openDesk, startChromiumPressed, until } from "./browsers.mjs";
import { startSite } from "./site.mjs";

describe("Chromium with activeTab alone", () => {
  let site, browser, desk, page, tab;
  before(async () => {
    site = await startSite();
    browser = await startChromiumPressed();
    desk = await openDesk(browser);
    page = await browser.open(`${site.origins[0]}/cases.html`);
    tab = await until("the tab", () => desk.page.evaluate(async () => (await chrome.tabs.query({})).find((one) => one.active && !one.url?.startsWith("chrome"))?.id), (id) => id !== undefined);
  });
  after(async () => {
    await browser?.close();
    site?.close();
  });

  test("before the button is pressed nothing can be read", async () => {
    const { problem } = await desk.ask({ t: "start", tab, all: false });
    assert.match(problem, /permission|access/i);
    assert.equal((await desk.view(tab)).items.length, 0);
  });

  test("then the pictures of the page's own origin are checked, and others named", async () => {
    await page.bringToFront();
    await browser.press(page);
    const started = await until("the start", () => desk.ask({ t: "start", tab, all: true }), ({ problem }) => problem === "");
    assert.equal(started.problem, "");
    const view = await until("the reports", () => desk.view(tab), (now) => now.items.length > 10 && now.items.every((item) => item.state !== "waiting"));
    const own = view.items.find((item) => item.url.endsWith("/m/labelled.png?a"));
    assert.equal(own.status, "confirmed");
    const cross = view.items.find((item) => item.url.endsWith("?cross"));
    assert.deepEqual(cross.refusal, { why: "permission", origin: site.origins[1] });
    assert.deepEqual(view.foreign, [site.origins[1]]);
    for (const request of site.seen) assert.doesNotMatch(request.origin ?? "", /extension/);
  });

  test("the next page is not touched", async () => {
    await page.goto(`${site.origins[1]}/frame.html`);
    await new Promise((done) => setTimeout(done, 1000));
    assert.equal((await desk.ask({ t: "start", tab, all: false })).problem !== "", true);
    assert.equal(await page.evaluate(() => document.documentElement.childElementCount), 2);
  });
});
