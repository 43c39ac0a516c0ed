// What people do with the page, in Chromium.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import test, { after, before } from "node:test";
import { BIAOSHI, keys } from "../../npm/test/support.mjs";
import { add, DIST, dropHundred, file, labelled, launch, open, report, serve, sound, vector } from "./support.mjs";

const CODE = "001191110108MA00T1A00K10001";
let browser;
let server;
before(async () => {
  browser = await launch();
  server = await serve({ extra: { "/there.png": await readFile(vector("verdict/png/itxt.png")) } });
});
after(async () => {
  await browser.close();
  await server.close();
});

const text = (page, selector) => page.locator(selector).innerText();

/** A picture large enough for a notice, drawn by the browser. */
async function drawn(page) {
  const url = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 480, height: 320 });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#47a";
    pen.fillRect(0, 0, 480, 320);
    return canvas.toDataURL("image/png");
  });
  return Buffer.from(url.split(",")[1], "base64");
}

test("a hundred files: the list grows as work is done, and every report can be saved", async () => {
  const opened = await open(browser, server.url);
  const { page } = opened;
  const { names, steps } = await dropHundred(page);
  assert.ok(steps > 5, `${steps} steps of the progress were seen`);
  assert.equal(await page.locator("#items > li").count(), 100);
  assert.equal(await page.locator("#items .s-inconclusive").count(), 20);
  await page.selectOption("#filter", "states");
  assert.equal(await page.locator("#items > li:not([hidden])").count(), 40);
  const saved = page.waitForEvent("download");
  await page.click("#export");
  const lines = (await readFile(await (await saved).path(), "utf8")).trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ file: name }) => name), names);
  assert.ok(lines.every(({ schema }) => schema === "biaoshi.report/1"));
  await sound(assert, opened);
  await opened.context.close();
});

test("work can be stopped; what is done stays", async () => {
  const opened = await open(browser, server.url);
  const { page } = opened;
  const body = await readFile(vector("verdict/protection/picture-other.png"));
  await add(page, Array.from({ length: 1500 }, (_, at) => file(`${at}.png`, body)));
  await page.waitForFunction(() => document.querySelector("#progress").value > 3);
  await page.click("#stop");
  const done = await page.locator("#items .s-inconclusive").count();
  await page.waitForTimeout(500);
  assert.equal(await page.locator("#items .s-inconclusive").count(), done);
  assert.ok(done > 3 && done < 1500, `${done}`);
  assert.equal(await page.evaluate(() => document.activeElement.id), "list-title");
  await page.click("#clear");
  assert.equal(await page.locator("#items > li").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.id), "choose");
  await sound(assert, opened);
  await opened.context.close();
});

test("after the first visit everything works without a network", async () => {
  const own = await serve({ headers: true });
  const opened = await open(browser, own.url);
  const { page, context } = opened;
  await page.waitForFunction(() => document.querySelector("#offline").textContent === "Ready to work without a network");
  await own.close();
  await context.setOffline(true);
  await page.reload();
  await page.waitForFunction(() => /\d\.\d/.test(document.querySelector("#about").textContent));
  await add(page, [vector("verdict/manifests/ai.png")]);
  await report(page);
  assert.equal(await text(page, ".status-word"), "States AI");
  await page.click('[data-key="look"]');
  await page.waitForFunction(() => document.querySelector(".look") === null);
  assert.equal(await page.locator("#report .f-error").count(), 0);
  await sound(assert, opened);
  await context.close();
});

test("what is kept is what was built, file by file", async () => {
  // A server that is in the middle of a change: one of the late modules is another's.
  const path = "/biaoshi/whole.wasm";
  const extra = { [path]: Buffer.from("of another version") };
  const own = await serve({ extra });
  const opened = await open(browser, own.url);
  const { page, context } = opened;
  const kept = () => page.evaluate(async () => {
    const [name] = await caches.keys();
    return (await (await caches.open(name)).keys()).map((request) => new URL(request.url).pathname).sort();
  });
  const said = page.evaluate(() => new Promise((done) => navigator.serviceWorker.addEventListener("message", ({ data }) => data.kept === "some" && done(data.kept))));
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active.postMessage("keep"));
  assert.equal(await said, "some");
  assert.ok(!(await kept()).includes(path));
  assert.doesNotMatch(await text(page, "#offline"), /Ready/);
  delete extra[path];
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active.postMessage("keep"));
  await page.waitForFunction(() => document.querySelector("#offline").textContent === "Ready to work without a network");
  const all = (await readdir(DIST, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => `/${relative(DIST, join(entry.parentPath, entry.name))}`);
  assert.deepEqual(await kept(), all.filter((name) => name !== "/sw.js").sort(), "every module and script");
  await context.close();
  await own.close();
});

test("by keyboard alone", async () => {
  const opened = await open(browser, server.url);
  const { page } = opened;
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.dataset.key || document.activeElement.className);
  const tabTo = async (wanted, most = 40) => {
    for (let step = 0; step < most; step += 1) {
      await page.keyboard.press("Tab");
      if ((await focused()) === wanted) return;
    }
    assert.fail(`Tab does not lead to ${wanted}`);
  };
  const chooser = page.waitForEvent("filechooser");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "skip");
  assert.ok((await page.locator(".skip").boundingBox()).y >= 0, "the link that skips is seen");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.id === "main");
  await tabTo("choose", 2);
  await page.keyboard.press("Enter");
  await (await chooser).setFiles([vector("verdict/png/itxt.png"), vector("signed/input.png"), vector("signed/input.jpg")]);
  await report(page);
  await page.waitForFunction(() => document.querySelector("#progress").value === 3);
  await tabTo("item");
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#report-title").textContent === "input.png");
  assert.equal(await focused(), "report-title");
  await page.focus("#items .item >> nth=0");
  await page.keyboard.press("Enter");
  await tabTo("bytes-0");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, "none");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Bytes of the file");
  await tabTo("verdict-cn-gb45438", 20);
  await page.keyboard.press("Space");
  assert.ok(await page.locator(".check-row").first().isVisible());
  await page.focus("#settings-open");
  await page.keyboard.press("Enter");
  assert.ok(await page.locator("#settings").isVisible());
  await page.keyboard.press("Escape");
  assert.equal(await focused(), "settings-open");
  await sound(assert, opened);
  await opened.context.close();
});

test("a picture and a text are pasted; in a field a paste is a paste", async () => {
  const opened = await open(browser, server.url, { permissions: ["clipboard-read", "clipboard-write"] });
  const { page } = opened;
  const bytes = [...(await readFile(vector("verdict/png/itxt.png")))];
  const paste = (target, fill) =>
    page.evaluate(([selector, given]) => {
      const data = new DataTransfer();
      if (given.bytes) data.items.add(new File([new Uint8Array(given.bytes)], "image.png", { type: "image/png" }));
      else data.setData("text/plain", given.text);
      document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, [target, fill]);
  await paste("body", { bytes });
  await report(page);
  assert.equal(await text(page, "#report-title"), "image.png");
  assert.equal(await text(page, ".status-word"), "States AI");
  await paste("body", { text: "人工智能生成\n正文。" });
  await page.waitForFunction(() => document.querySelector("#report-title").textContent === "pasted text.txt");
  await report(page);
  assert.equal(await page.locator(".evidence").count(), 1);
  await page.click("#text-open");
  await paste("#text", { text: "not taken" });
  assert.equal(await page.locator("#items > li").count(), 2);
  await page.fill("#text", "AI生成\nmore");
  await page.click("#text-form button");
  await page.waitForFunction(() => document.querySelectorAll("#items > li").length === 3);
  await page.evaluate(() => navigator.clipboard.writeText("from the clipboard"));
  await page.click("#paste");
  await page.waitForFunction(() => document.querySelectorAll("#items > li").length === 4);
  await sound(assert, opened);
  await opened.context.close();
});

test("dropped files are taken, and the page stays", async () => {
  const opened = await open(browser, server.url);
  const { page } = opened;
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(["AI生成\n"], "dropped.txt", { type: "text/plain" }));
    for (const kind of ["dragenter", "dragover", "drop"]) {
      document.querySelector("footer").dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
  });
  await report(page);
  assert.equal(await text(page, "#report-title"), "dropped.txt");
  assert.equal(page.url(), server.url);
  await opened.context.close();
});

test("a link is fetched, or the page says why it is not", async () => {
  const opened = await open(browser, server.url);
  const { page, context, wrong } = opened;
  await context.route("https://files.example/**", (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/away") return route.abort("failed");
    return route.fulfill({ status: pathname === "/gone" ? 404 : 200, headers: { "access-control-allow-origin": "*" }, body: "AI生成\n" });
  });
  await page.click("#link-open");
  const ask = async (address) => {
    await page.fill("#link", address);
    await page.click("#link-go");
  };
  for (const [address, said] of [
    ["javascript:alert(1)", /begins with https/],
    ["http://files.example/x", /begins with https/],
    ["https://user:pass@files.example/x", /begins with https/],
    ["https://files.example/gone", /status 404/],
    ["https://files.example/away", /CORS/],
  ]) {
    await ask(address);
    await page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector("#intake-note").textContent), said.source);
  }
  assert.equal(await page.locator("#items > li").count(), 0);
  await ask("https://files.example/a%20b.txt");
  await report(page);
  assert.equal(await text(page, "#report-title"), "a b.txt");
  await ask(`${server.url}there.png`);
  await page.waitForFunction(() => document.querySelector("#report-title").textContent === "there.png");
  assert.deepEqual(await page.evaluate(() => globalThis.blocked), []);
  assert.deepEqual(wrong.filter((line) => !/Failed to load resource/.test(line)), []);
  await context.close();
});

test("nothing is sent anywhere", async () => {
  const own = await serve();
  const opened = await open(browser, own.url);
  const { page } = opened;
  const outside = [];
  page.on("request", (request) => !/^(blob|data):/.test(request.url()) && (!request.url().startsWith(own.url) || request.method() !== "GET" || request.postData() !== null) && outside.push(request.url()));
  await add(page, [vector("verdict/png/itxt.png"), vector("verdict/manifests/ai.png")]);
  await report(page);
  await page.waitForFunction(() => document.querySelector("#progress").value === 2);
  assert.deepEqual(outside, []);
  assert.deepEqual(own.asked.filter(({ method }) => method !== "GET"), []);
  await opened.context.close();
  await own.close();
});

test("a label goes round: written in the page, saved, read back", async () => {
  const opened = await open(browser, server.url);
  const { page } = opened;
  const picture = await drawn(page);
  await page.click('.tabs a[href="#label"]');
  await page.click("#label-go");
  assert.equal(await page.evaluate(() => document.activeElement.id), "label-file");
  assert.equal(await text(page, "#label-file-error"), "Choose a file first.");
  await page.setInputFiles("#label-file", file("in.png", picture));
  for (const [code, said] of [
    ["001191110108MA00T1A00K1000", /27 characters; these are .?26/],
    ["001191110108MA00T2A00K10001", /check digit .*K.* does not fit; .*T.* would/],
    ["001191110108MAO0T1A00K10001", /Position 15/],
    ["Acme", /Taken as a name/],
    [CODE, /form is right: credit code 91110108MA00T1A00K, service 1, extension 0001/],
  ]) {
    await page.fill("#producer", code);
    await page.waitForFunction((pattern) => new RegExp(pattern, "u").test(document.querySelector("#producer-state").textContent), said.source);
  }
  await page.fill("#produce-id", "round-1");
  await page.selectOption("#corner", "top-left");
  await page.click("#label-go");
  await page.waitForSelector(".done");
  assert.match(await text(page, ".done"), /written and read back/);
  assert.match(await text(page, ".done"), /Not signed/);
  const saved = page.waitForEvent("download");
  await page.click(".done .primary");
  const download = await saved;
  assert.equal(download.suggestedFilename(), "in.labelled.png");
  const output = await readFile(await download.path());
  assert.ok(output.includes(CODE) && output.includes("round-1") && !output.equals(picture));
  const receipt = page.waitForEvent("download");
  await page.click(".done .quiet >> nth=0");
  const kept = JSON.parse(await readFile(await (await receipt).path(), "utf8"));
  assert.equal(kept.bytes, output.length);
  assert.equal(kept.notice.placement, "top-left");

  await page.click('.tabs a[href="#verify"]');
  await add(page, [file("again.png", output)]);
  await report(page);
  assert.equal(await text(page, ".status-word"), "States AI");
  assert.match(await text(page, ".cards"), /round-1/);
  await page.click('[data-key="look"]');
  await page.waitForSelector(".overlay rect");
  const [x, y] = await page.locator(".overlay rect").first().evaluate((node) => [Number(node.getAttribute("x")), Number(node.getAttribute("y"))]);
  assert.ok(x < 240 && y < 160, `${x},${y}`);
  await sound(assert, opened);
  await opened.context.close();
});

test("a platform's record stands beside the producer's label, or says why not", async () => {
  const opened = await open(browser, `${server.url}#label`);
  const { page } = opened;
  await page.check("#task-propagate");
  assert.equal(await page.locator("#for-label").isVisible(), false);
  assert.equal(await page.locator("#for-notice").isVisible(), false);
  await page.setInputFiles("#label-file", file("in.png", await labelled({ Label: "1", ContentProducer: CODE, ProduceID: "p-1" })));
  assert.equal(await text(page, "#label-file-name"), "in.png");
  await page.click("#label-go");
  assert.equal(await page.evaluate(() => document.activeElement.id), "propagator");
  assert.equal(await text(page, "#propagator-state"), "Say which platform spreads the content.");
  await page.fill("#propagator", "platform");
  await page.waitForFunction(() => /Taken as a name/.test(document.querySelector("#propagator-state").textContent));
  await page.fill("#propagate-id", "post-7");
  await page.click("#label-go");
  await page.waitForSelector(".done");
  assert.match(await text(page, ".done"), /The record was added and read back/);
  const saved = page.waitForEvent("download");
  await page.click(".done .primary");
  const download = await saved;
  assert.equal(download.suggestedFilename(), "in.propagated.png");
  const output = await readFile(await download.path());
  await page.click(".done .quiet >> nth=1");
  await report(page);
  assert.equal(await text(page, ".status-word"), "States AI");
  await page.click('[data-key="raw"]');
  const { evidence } = JSON.parse(await page.locator(".raw pre").textContent());
  const fields = evidence.find((one) => one.carrier === "aigc_metadata").label;
  assert.deepEqual([fields.content_producer, fields.produce_id, fields.content_propagator, fields.propagate_id], [CODE, "p-1", "platform", "post-7"]);

  await page.click('.tabs a[href="#label"]');
  await page.setInputFiles("#label-file", file("again.png", output));
  await page.click("#label-go");
  await page.waitForFunction(() => /already carries this very record/.test(document.querySelector("#label-result").textContent));
  await page.setInputFiles("#label-file", file("plain.png", await drawn(page)));
  await page.click("#label-go");
  await page.waitForFunction(() => /The record was not added/.test(document.querySelector("#label-result").textContent));
  for (const [box, level] of [["#declared", "2"], ["#detected", "3"]]) {
    await page.uncheck("#declared");
    await page.check(box);
    await page.click("#label-go");
    await page.waitForSelector(".done");
    const receipt = page.waitForEvent("download");
    await page.click(".done .quiet >> nth=0");
    const kept = JSON.parse(await readFile(await (await receipt).path(), "utf8"));
    assert.deepEqual([kept.propagated, kept.label.label, kept.label.content_propagator], [true, level, "platform"]);
  }
  await sound(assert, opened);
  await opened.context.close();
});

test("a signature: the key is used, not kept, and an anchor makes it trusted", async () => {
  const { main } = keys();
  const opened = await open(browser, server.url);
  const { page, context } = opened;
  const picture = await drawn(page);
  await page.goto(`${server.url}#label`);
  await page.setInputFiles("#label-file", file("in.png", picture));
  await page.fill("#producer", CODE);
  await page.click("#sign-fold summary");
  await page.setInputFiles("#chain", file("chain.pem", Buffer.from(main.chain)));
  await page.click("#label-go");
  await page.waitForFunction(() => /needs both/.test(document.querySelector("#sign-state").textContent));
  await page.setInputFiles("#key", file("key.pem", Buffer.from(main.chain)));
  await page.waitForFunction(() => /key\.pem.? holds no such PEM/.test(document.querySelector("#sign-state").textContent));
  await page.setInputFiles("#key", file("key.pem", Buffer.from(main.key)));
  await page.waitForFunction(() => /Loaded.*chain.*Loaded.*key/.test(document.querySelector("#sign-state").textContent));
  await page.click("#label-go");
  await page.waitForSelector(".done");
  assert.match(await text(page, ".done"), /Signed/);
  const secret = main.key.split("\n")[1];
  const stored = await page.evaluate(async () => {
    const out = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), JSON.stringify(await indexedDB.databases()), document.documentElement.outerHTML];
    for (const name of await caches.keys()) out.push(...(await (await caches.open(name)).keys()).map((request) => request.url));
    return out.join("\n");
  });
  assert.ok(!stored.includes(secret));
  await page.click("#forget");
  assert.equal(await page.inputValue("#key"), "");
  await page.click(".done .quiet >> nth=1");
  await report(page);
  assert.match(await text(page, "#report"), /the key travels in the file/);
  assert.match(await text(page, "#report"), /add the signer's root to the trust anchors/);

  await page.click("#settings-open");
  await page.setInputFiles("#anchor-file", file("both.pem", Buffer.from(main.root + main.key)));
  await page.waitForFunction(() => /private key\. It was not taken/.test(document.querySelector("#anchor-error").textContent));
  await page.setInputFiles("#anchor-file", file("root.pem", Buffer.from(main.root)));
  await page.waitForSelector("#anchors li");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => /under an anchor that you trust/.test(document.querySelector("#report").textContent));
  assert.ok(!(await page.evaluate(() => JSON.stringify(localStorage))).includes("PRIVATE"));
  await sound(assert, opened);
  await context.close();
});

test("a key of SM2 needs no certificate and seals the label itself", async () => {
  const folder = await mkdtemp(join(tmpdir(), "biaoshi-page-"));
  execFileSync(BIAOSHI, ["keygen", "--out", join(folder, "id"), "--algorithm", "sm2"], { stdio: "pipe" });
  const opened = await open(browser, `${server.url}#label`);
  const { page } = opened;
  await page.setInputFiles("#label-file", file("in.png", await drawn(page)));
  await page.fill("#producer", CODE);
  await page.click("#sign-fold summary");
  await page.setInputFiles("#key", file("key.pem", await readFile(join(folder, "id/key.pem"))));
  await page.waitForFunction(() => /Loaded.*key/.test(document.querySelector("#sign-state").textContent));
  await page.click("#label-go");
  await page.waitForSelector(".done");
  assert.match(await text(page, ".done"), /Signature\s+Signed/);
  await page.click(".done .quiet >> nth=1");
  await report(page);
  assert.match(await text(page, ".evidence >> nth=0"), /Intact/);
  await sound(assert, opened);
  await opened.context.close();
  await rm(folder, { recursive: true });
});

test("settings are kept; languages change every text, the library's own marked", async () => {
  const opened = await open(browser, server.url);
  const { page, context } = opened;
  await add(page, [file("x.png", await labelled({ Label: "1", ContentProducer: "Acme", ProduceID: "1" }))]);
  await report(page);
  for (const [language, tag, status, library] of [["zh-Hans", "zh-Hans", "属于生成合成", "zh-Hans"], ["zh-Hant", "zh-Hant", "屬於生成合成", "zh-Hans"], ["pt", "pt", "Declara IA", "en"], ["en", "en", "States AI", "en"]]) {
    await page.selectOption("#language", language);
    await page.waitForFunction((wanted) => document.querySelector("#report .finding-text bdi")?.lang === wanted, library);
    assert.equal(await text(page, ".status-word"), status);
    assert.equal(await page.evaluate(() => document.documentElement.lang), tag);
    const words = await page.locator("#report .finding-text bdi").first().textContent();
    assert.equal(/[\u4e00-\u9fff]/.test(words), library === "zh-Hans", words);
  }
  await page.selectOption("#theme", "dark");
  await page.click("#settings-open");
  await page.check('#set-profiles input[value="eu-ai-act-50"]');
  await page.check('#set-profiles input[value="c2pa"]');
  await page.uncheck('#set-profiles input[value="cn-gb45438"]');
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelectorAll("#rules .verdict").length === 2 && /European/.test(document.querySelector("#rules").textContent));
  await page.click("#settings-open");
  await page.uncheck('#set-profiles input[value="eu-ai-act-50"]');
  await page.uncheck('#set-profiles input[value="c2pa"]');
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => /No rule set was asked\. Choose/.test(document.querySelector("#rules").textContent));
  assert.match(await text(page, ".glance"), /Judged by no rule set/);
  assert.match(await text(page, "#report"), /No rule set was asked, so none says what has to be done/);
  await page.click('[data-key="raw"]');
  const { verdicts, duties } = JSON.parse(await page.locator(".raw pre").textContent());
  assert.deepEqual([verdicts, duties], [[], []]);
  await page.click("#settings-open");
  await page.check('#set-profiles input[value="c2pa"]');
  await page.keyboard.press("Escape");
  await page.selectOption("#language", "pt");
  await page.reload();
  await page.waitForFunction(() => document.querySelector("#verify-title").textContent === "O que declara este ficheiro sobre IA?");
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), "dark");
  assert.ok(await page.locator('#set-profiles input[value="c2pa"]').isChecked());
  assert.ok(!(await page.locator('#set-profiles input[value="cn-gb45438"]').isChecked()));
  await sound(assert, opened);
  await context.close();
});

test("the page's own policy suffices where a server sends no headers", async () => {
  const bare = await serve({ headers: false });
  const opened = await open(browser, bare.url);
  const { page } = opened;
  await add(page, [vector("verdict/manifests/ai.png")]);
  await report(page);
  assert.equal(await text(page, ".status-word"), "States AI");
  // In a task of the page: what a debugger evaluates is free of the policy.
  const did = () => {
    const tried = [];
    const attempt = (name, run) => {
      try {
        run();
        tried.push(name);
      } catch {
        // Refused, as it has to be.
      }
    };
    attempt("innerHTML", () => (document.createElement("div").innerHTML = "<b>x</b>"));
    attempt("eval", () => globalThis.eval("1"));
    attempt("foreign worker", () => new Worker("https://files.example/w.js"));
    attempt("blob worker", () => new Worker(URL.createObjectURL(new Blob(["1"]))));
    return tried;
  };
  const refused = await page.evaluate((source) => new Promise((done) => setTimeout((attempt) => done(attempt()), 0, (0, eval)(source))), `(${did})`);
  assert.deepEqual(refused, []);
  await opened.context.close();
  await bare.close();
});
