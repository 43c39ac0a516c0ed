// What both browsers have to show, on the same pages.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openDesk, until } from "./browsers.mjs";
import { startSite } from "./site.mjs";

const path = (item) => item.url.replace(/^https?:\/\/[^/]+/, "");
const byPath = (view) => new Map(view.items.map((item) => [path(item), item]));
const isQuiet = (view) => view.items.length > 0 && view.items.every((item) => item.state !== "waiting");

/** Where an element's badge would be: is the topmost thing there the layer of the extension? */
const badgeAt = (selector) => {
  const element = document.querySelector(selector);
  element.scrollIntoView({ block: "center" });
  const rect = element.getBoundingClientRect();
  const top = document.elementFromPoint(rect.left + 14, rect.top + 16);
  return top !== null && top.parentNode === document.documentElement && top !== document.body && top.shadowRoot === null && top.childElementCount === 0;
};

/** Sizes and places of everything in the page. */
const layout = () => [...document.body.querySelectorAll("*")].map((element) => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return [element.localName, element.id, x, y, width, height, element.getAttribute("style") ?? ""].join(" ");
}).concat(String(document.documentElement.scrollHeight), String(document.documentElement.scrollWidth));

/** A private window: `start` gives a browser whose windows are all private. */
export function inPrivate(start) {
  let site, browser, desk;
  before(async () => {
    site = await startSite();
    browser = await start({ hosts: ["http://127.0.0.1/*", "http://localhost/*"], isPrivate: true });
    desk = await openDesk(browser);
    await desk.settings({ sites: [site.origins[0]] });
  });
  after(async () => {
    await browser?.close();
    site?.close();
  });

  test("what the page may read is checked, nothing is stored, and the extension asks no server", async () => {
    const page = await browser.open(`${site.origins[0]}/cases.html`);
    const tab = await desk.tab();
    await desk.ask({ t: "start", tab, all: true });
    // A lazy picture has no address before the user comes near it.
    await page.evaluate(() => document.getElementById("lazy").scrollIntoView());
    const view = await until("the view of the tab", () => desk.view(tab), (now) => isQuiet(now) && byPath(now).has("/m/labelled.png?lazy"));
    assert.equal(view.isPrivate, true);
    const items = byPath(view);
    assert.equal(items.get("/m/labelled.png?a").status, "confirmed");
    assert.deepEqual(items.get("/m/labelled.png?cross").refusal, { why: "private" }, "allowed, and not asked for all the same");
    for (const request of site.seen.filter((one) => one.mode === "empty" && one.path.startsWith("/m/"))) {
      assert.notEqual(request.site, "none", request.path);
      assert.doesNotMatch(request.origin ?? "", /extension/);
    }
    const held = () => desk.page.evaluate(async () => ({ session: Object.keys(await chrome.storage.session.get(null)), local: await chrome.storage.local.get(null) }));
    await new Promise((done) => setTimeout(done, 1000));
    assert.deepEqual(await held(), { session: [], local: { settings: { sites: [site.origins[0]] } } });
    const key = items.get("/m/labelled.png?a").key;
    assert.ok((await desk.ask({ t: "report", key })).report, "as long as the window is there");
  });

  test("the popup offers nothing that would outlive the window", async () => {
    const tab = await desk.tab();
    const page = await browser.open(`${browser.root}popup.html#tab=${tab}`);
    await until("the popup", () => page.evaluate(() => document.querySelector("#automatic")?.textContent ?? ""), (text) => /private window/.test(text));
    assert.equal(await page.evaluate(() => document.querySelectorAll("#automatic input, #notices button").length), 0);
  });
}

export function scenarios(start) {
  let site, browser, desk;
  const settings = (more = {}) => desk.settings({ sites: [site.origins[0]], ...more });
  const visit = async (page) => {
    const opened = await browser.open(`${site.origins[0]}${page}`);
    return { page: opened, tab: await desk.tab() };
  };
  const quiet = (tab, isGood = isQuiet) => until("the view of the tab", () => desk.view(tab), isGood);

  before(async () => {
    site = await startSite();
    browser = await start({ hosts: ["http://127.0.0.1/*"] });
    desk = await openDesk(browser);
  });
  after(async () => {
    await browser?.close();
    site?.close();
  });

  describe("on a page the user allowed", () => {
    let page, tab;
    before(async () => {
      await settings();
      ({ page, tab } = await visit("/cases.html"));
      await quiet(tab);
    });

    test("pictures get the status that their label states", async () => {
      const items = byPath(await quiet(tab, (view) => isQuiet(view) && byPath(view).has("/m/labelled.jpg?back")));
      const statuses = {
        "/m/labelled.png?a": "confirmed", "/m/possible.png": "possible", "/m/suspected.png": "suspected",
        "/m/signed.png": "confirmed", "/m/broken.png": "inconclusive", "/m/plain.png": "none",
      };
      for (const [address, status] of Object.entries(statuses)) assert.equal(items.get(address)?.status, status, address);
      assert.equal(items.get("/m/signed.png").standing.protection, "embedded");
      assert.equal(items.get("/m/labelled.png?a").standing.protection, "unsigned");
      assert.equal(items.get("/m/broken.png").standing.protection, "broken");
      assert.equal(items.get("/m/labelled.jpg?back").kind, "background");
      assert.equal(items.get("/m/labelled.webp?set").status, "confirmed");
      assert.ok(!items.has("/m/plain.png?set2") && !items.has("/m/plain.png?fallback"), "the candidate that is shown is the one that is checked");
    });

    test("badges lie over the pictures with a label, and over no other", async () => {
      for (const id of ["#plain-img", "#possible", "#suspected", "#signed", "#broken", "#srcset", "#back"]) {
        await until(id, () => page.evaluate(badgeAt, id), (shown) => shown);
      }
      for (const id of ["#none", "#icon"]) assert.equal(await page.evaluate(badgeAt, id), false, id);
      const view = await quiet(tab, (now) => byPath(now).get("/m/labelled.png?a").places[0].seen !== "none");
      assert.ok(["shown", "away"].includes(byPath(view).get("/m/labelled.png?a").places[0].seen));
    });

    test("what lies out of view waits, and lazy pictures are not hurried", async () => {
      const view = await desk.view(tab);
      assert.ok(view.waiting >= 1);
      assert.ok(!byPath(view).has("/m/labelled.png?lazy"));
      assert.ok(!site.seen.some((request) => request.path === "/m/labelled.png?lazy"));
      await page.evaluate(() => document.getElementById("lazy").scrollIntoView());
      await quiet(tab, (now) => byPath(now).get("/m/labelled.png?lazy")?.status === "confirmed");
      await until("its badge", () => page.evaluate(badgeAt, "#lazy"), (shown) => shown);
    });

    test("data: and blob: pictures, open shadow trees, SVG, frames, film and sound are covered", async () => {
      await desk.ask({ t: "start", tab, all: true });
      await page.evaluate(() => scrollTo(0, 0));
      const view = await quiet(tab, (now) => isQuiet(now) && now.items.some((item) => item.url.startsWith("blob:")) && byPath(now).has("/m/labelled.png?tree") && byPath(now).has("/m/sound.mp3"));
      const items = byPath(view);
      const prefixed = (prefix) => view.items.find((item) => item.url.startsWith(prefix));
      for (const address of ["/m/labelled.png?tree", "/m/labelled.png?svg", "/m/labelled.png?framed", "/m/film.mp4", "/m/sound.mp3"]) {
        assert.equal(items.get(address)?.status, "confirmed", address);
      }
      assert.equal(items.get("/m/film.mp4").kind, "video");
      assert.equal(items.get("/m/sound.mp3").kind, "audio");
      assert.equal(prefixed("data:image/png")?.status, "confirmed");
      assert.equal(prefixed("blob:")?.status, "confirmed");
      assert.ok(!items.has("/m/labelled.png?icon"), "signs of 16 pixels are no pictures");
      assert.ok(items.get("/m/labelled.png?framed").places[0].frame !== 0);
    });

    test("pictures of an origin that was not allowed get a typed answer", async () => {
      const view = await desk.view(tab);
      const cross = byPath(view).get("/m/labelled.png?cross");
      assert.equal(cross.state, "refused");
      assert.deepEqual(cross.refusal, { why: "permission", origin: site.origins[1] });
      assert.deepEqual(view.foreign, [site.origins[1]], "the frame of the other origin is named");
    });

    test("the script runs by itself on the automatic sites alone, whatever else may be read", async () => {
      assert.deepEqual(await desk.scripts(), ["http://127.0.0.1/*"]);
      await desk.settings({ sites: [] });
      const { page: other, tab: quietTab } = await visit("/empty.html");
      await other.evaluate(() => { document.body.append(Object.assign(new Image(), { src: "/m/labelled.png?nobody", width: 300, height: 200 })); });
      await new Promise((done) => setTimeout(done, 1000));
      const view = await desk.view(quietTab);
      assert.deepEqual([view.running, view.items, view.found], [false, [], 0]);
      await settings();
    });

    test("servers are told nothing of the extension, and get no cookies", () => {
      const extra = site.seen.filter((request) => request.mode === "empty" && /^\/(m|cors)\//.test(request.path));
      assert.ok(extra.length > 5);
      for (const request of site.seen) assert.doesNotMatch(request.origin ?? "", /extension/);
      const first = extra.filter((request) => request.which === 0 && request.path !== "/m/labelled.png");
      for (const request of first) assert.equal(request.cookie, undefined, request.path);
    });
  });

  test("the layout of the page does not change, and its own rules hold", async () => {
    await desk.settings({ sites: [] });
    const { page, tab } = await visit("/cases.html");
    await new Promise((done) => setTimeout(done, 800));
    const before = await page.evaluate(layout);
    const children = await page.evaluate(() => document.documentElement.childElementCount);
    assert.equal((await desk.view(tab)).items.length, 0, "nothing is checked where nobody asked");
    await desk.ask({ t: "start", tab, all: false });
    await quiet(tab, (view) => isQuiet(view) && view.items.some((item) => item.places[0].seen === "shown"));
    assert.deepEqual(await page.evaluate(layout), before);
    assert.equal(await page.evaluate(() => document.documentElement.childElementCount), children + 1);
    await settings();
  });

  test("what the page's rules keep from Firefox's scripts gets a typed answer", async () => {
    const { tab } = await visit("/strict.html");
    const [item] = (await quiet(tab)).items;
    assert.ok(item.url.startsWith("blob:"));
    if (browser.name === "Firefox") assert.deepEqual(item.refusal, { why: "gone" });
    else assert.equal(item.status, "confirmed");
  });

  test("redirects are left to the page, which has its own rights and no more", async () => {
    const { tab } = await visit("/redirects.html");
    const items = byPath(await quiet(tab, (view) => isQuiet(view) && view.items.length === 2));
    assert.equal(items.get("/on/own.png").status, "confirmed");
    assert.deepEqual(items.get("/on/other.png").refusal, { why: "redirect" });
    const [own, other] = ["own", "other"].map((name) => site.seen.filter((request) => request.path === `/m/labelled.png?${name}-target` && request.mode === "empty"));
    assert.equal(own.length, 1);
    // The page may ask, and says who it is; the extension does not.
    for (const request of other) assert.equal(request.origin, site.origins[0]);
  });

  test("a page that was left is forgotten: neither listed, nor read on", async () => {
    const { page, tab } = await visit("/slow.html");
    await until("the first requests", () => site.seen.filter((request) => request.path.startsWith("/slow/") && request.mode === "empty").length, (count) => count >= 4);
    await settings({ sites: [] });
    const view = await desk.view(tab);
    assert.ok(view.items.length >= 4 && view.items.every((item) => item.state === "waiting"), JSON.stringify(view.items));
    await page.goto(`${site.origins[0]}/empty.html`);
    await until("the end of the old page", () => desk.view(tab), (now) => now.items.length === 0 && !now.running);
    await until("the end of its requests", () => site.slow.size, (left) => left === 0);
    const before = site.seen.length;
    await new Promise((done) => setTimeout(done, 1000));
    assert.deepEqual(site.seen.slice(before).filter((request) => request.path.startsWith("/slow/")), [], "none that waited is begun");
    await settings();
  });

  test("a page that comes back is listed again", async () => {
    const { page, tab } = await visit("/empty.html?left");
    const picture = () => document.body.append(Object.assign(new Image(), { src: "/m/labelled.png?back-again", width: 300, height: 200 }));
    await page.evaluate(picture);
    await quiet(tab, (view) => isQuiet(view) && view.items.length === 1);
    await page.goto(`${site.origins[0]}/strict.html`);
    await quiet(tab, (view) => isQuiet(view) && view.items[0].url.startsWith("blob:"));
    await page.goBack();
    // The browser may have kept the page, or load it again.
    if (!(await page.evaluate(() => document.images.length))) await page.evaluate(picture);
    const view = await quiet(tab, (now) => isQuiet(now) && byPath(now).has("/m/labelled.png?back-again"));
    assert.equal(view.items.length, 1);
    assert.equal(view.items[0].status, "confirmed");
  });

  test("what an infinite page adds is checked as it comes into view", async () => {
    const { page, tab } = await visit("/scroll.html");
    const view = await until("all 24 pictures", async () => {
      await page.evaluate(() => scrollBy(0, 900));
      return desk.view(tab);
    }, (now) => now.items.length === 24 && isQuiet(now));
    for (const item of view.items) assert.equal(item.status, "confirmed");
  });

  test("bounds: too large, no picture, film by pieces", async () => {
    await settings({ megabytes: 1 });
    const { tab } = await visit("/bounds.html");
    const items = byPath(await quiet(tab, (view) => isQuiet(view) && view.items.length >= 3));
    assert.equal(items.get("/m/large.png").refusal.why, "too_large");
    assert.equal(items.get("/m/labelled.png?then-login").refusal.why, "not_media");
    assert.equal(items.get("/m/long.mp4").status, "confirmed", "6 MiB of film, of which 1 MiB may be read");
    const read = site.seen.filter((request) => request.path === "/m/long.mp4" && request.mode === "empty");
    assert.ok(read.length > 0 && read.every((request) => request.range), JSON.stringify(read));
    await settings();
  });

  test("no more than four media are read at once", async () => {
    site.busy.most = 0;
    const { tab } = await visit("/many.html");
    await desk.ask({ t: "start", tab, all: true });
    const view = await quiet(tab, (now) => isQuiet(now) && now.items.length === 40);
    assert.ok(view.items.every((item) => item.status === "confirmed"));
    assert.ok(site.busy.most <= 4, String(site.busy.most));
    assert.ok(site.busy.most >= 2, String(site.busy.most));
    const read = site.seen.filter((request) => request.mode === "empty" && /^\/m\/labelled\.png\?p=/.test(request.path)).map((request) => request.path);
    assert.equal(read.length, 40, "each once");
    assert.equal(new Set(read).size, 40);
  });

  test("files of this machine are never read", async () => {
    const { tab } = await visit("/local.html");
    const view = await quiet(tab);
    assert.ok(view.items.every((item) => !item.url.startsWith("file:") || item.state === "refused"));
  });

  test("a page that fakes and covers badges is found out", async () => {
    const { page, tab } = await visit("/hostile.html");
    const tabs = (await desk.tabs()).length;
    const seen = (view, address) => byPath(view).get(address)?.places[0]?.seen;
    await quiet(tab, (view) => isQuiet(view) && seen(view, "/m/labelled.png?shown") !== "none");
    // The cover comes after the badge: what was seen is looked at again when the page moves.
    const view = await until("the cover", async () => {
      await page.evaluate(() => { scrollBy(0, 1); scrollBy(0, -1); dispatchEvent(new Event("scroll")); });
      return desk.view(tab);
    }, (now) => seen(now, "/m/labelled.png?covered") === "covered");
    assert.equal(seen(view, "/m/labelled.png?shown"), "shown");
    assert.equal(byPath(view).get("/m/plain.png?fake").status, "none", "the list says what was verified, whatever the page shows");
    assert.ok((await page.evaluate(() => window.clicks)) > 0);
    assert.equal((await desk.tabs()).length, tabs, "clicks that no user made open nothing");
    assert.equal(await page.evaluate(() => [...document.querySelectorAll("*")].every((e) => e.shadowRoot === null)), true);
  });

  test("a page that removes badges is found out", async () => {
    const { tab } = await visit("/removing.html");
    await until("the removal", () => desk.view(tab), (view) => view.items[0]?.places[0]?.seen === "removed");
  });

  test("a click on a badge opens the extension's own page", async () => {
    const { page, tab } = await visit("/empty.html");
    await page.evaluate(() => {
      const img = new Image();
      img.id = "late";
      img.style.cssText = "width:400px;height:250px;display:block";
      img.src = "/m/labelled.png?late";
      document.body.append(img);
    });
    await quiet(tab, (view) => view.items[0]?.places[0]?.seen === "shown");
    const at = await page.evaluate(() => { const r = document.getElementById("late").getBoundingClientRect(); return [r.left + 14, r.top + 16]; });
    await page.mouse.click(...at);
    const shown = await until("the popup", () => desk.page.evaluate(async () => {
      const views = chrome.runtime.getContexts ? await chrome.runtime.getContexts({ contextTypes: ["POPUP", "TAB"] }) : [];
      const tabs = await chrome.tabs.query({});
      return [...views.map((one) => one.documentUrl), ...tabs.map((one) => one.url ?? "")];
    }), (urls) => urls.some((url) => url?.includes("popup.html")));
    assert.ok(shown.length > 0);
  });
}
