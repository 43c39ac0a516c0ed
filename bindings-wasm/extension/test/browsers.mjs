// Starts real browsers with the built extension, and gives both the same few handles.
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
export const npm = resolve(process.env.BIAOSHI_NPM ?? join(here, "../../npm"));
export const need = createRequire(join(npm, "package.json"));
export const dist = join(here, "../dist");
/** Milliseconds that anything may take on a busy machine; what is right comes much sooner. */
export const PATIENCE = 180_000;
const UUID = "5b1a0c4e-2f7d-4c8a-9a51-3d9e2f6b7c10";

function program(variable, ...paths) {
  const found = [process.env[variable], ...paths].find((path) => path && existsSync(path));
  if (!found) throw new Error(`no browser: install one of ${paths.join(", ")}, or name one in ${variable}`);
  return found;
}

/** A copy of the built extension whose manifest asks for `hosts` at once, because no test can press the browser's own button. */
export async function copyOf(hosts) {
  const folder = await mkdtemp(join(tmpdir(), "biaoshi-extension-"));
  await cp(dist, folder, { recursive: true });
  const path = join(folder, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8"));
  if (hosts.length > 0) manifest.host_permissions = hosts;
  await writeFile(path, JSON.stringify(manifest));
  return folder;
}

/** Chromium by playwright-core, as a user would load an unpacked extension. */
export async function startChromium({ hosts = [], locale = "en-US", dark = false, viewport = { width: 1100, height: 800 } } = {}) {
  const { chromium } = need("playwright-core");
  const folder = await copyOf(hosts);
  const profile = await mkdtemp(join(tmpdir(), "biaoshi-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: program("CHROMIUM", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"),
    headless: false,
    timeout: PATIENCE,
    viewport,
    colorScheme: dark ? "dark" : "light",
    args: ["--headless=new", "--no-sandbox", `--lang=${locale}`, `--disable-extensions-except=${folder}`, `--load-extension=${folder}`],
    ignoreDefaultArgs: ["--disable-extensions"],
  });
  context.setDefaultTimeout(PATIENCE);
  const worker = context.serviceWorkers()[0] ?? (await context.waitForEvent("serviceworker", { timeout: PATIENCE }));
  const root = new URL(".", worker.url()).href;
  return {
    name: "Chromium", root, context, worker, profile,
    open: async (url) => { const page = await context.newPage(); await page.goto(url); return page; },
    close: async () => { await context.close(); await Promise.all([folder, profile].map((path) => rm(path, { recursive: true, force: true }))); },
  };
}

/** Chromium by puppeteer-core, which can press the extension's button: the unchanged build, with activeTab alone. */
export async function startChromiumPressed() {
  const puppeteer = need("puppeteer-core");
  const browser = await puppeteer.launch({
    executablePath: program("CHROMIUM", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"),
    timeout: PATIENCE, protocolTimeout: PATIENCE, pipe: true, headless: true, enableExtensions: [dist], args: ["--no-sandbox", "--lang=en-US"],
  });
  const target = await browser.waitForTarget((one) => one.type() === "service_worker", { timeout: PATIENCE });
  const extension = [...(await browser.extensions()).values()][0];
  return {
    name: "Chromium", browser, root: new URL(".", target.url()).href,
    open: async (url) => { const page = await browser.newPage(); page.setDefaultTimeout(PATIENCE); await page.goto(url); return page; },
    press: (page) => page.triggerExtensionAction(extension),
    close: () => browser.close(),
  };
}

/** Firefox by puppeteer-core over WebDriver BiDi. */
export async function startFirefox({ hosts = [], isPrivate = false } = {}) {
  const puppeteer = need("puppeteer-core");
  const folder = await copyOf(hosts);
  const browser = await puppeteer.launch({
    browser: "firefox",
    timeout: PATIENCE,
    protocolTimeout: PATIENCE,
    executablePath: program("FIREFOX", "/usr/bin/firefox-esr", "/usr/bin/firefox"),
    headless: true,
    args: ["--remote-allow-system-access"],
    defaultViewport: { width: 1100, height: 800 },
    extraPrefsFirefox: {
      "extensions.webextensions.uuids": JSON.stringify({ "biaoshi@biaoshi.invalid": UUID }),
      "intl.accept_languages": "en-US",
      // Every window is a private one.
      ...(isPrivate && { "browser.privatebrowsing.autostart": true }),
    },
  });
  // As the user allows it for private windows.
  await browser.connection.send("webExtension.install", { extensionData: { type: "path", path: folder }, "moz:allowPrivateBrowsing": isPrivate });
  return {
    name: "Firefox", browser, root: `moz-extension://${UUID}/`,
    open: async (url) => {
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE);
      // A tab that changes its process loses the end of its first navigation now and then, or all of it;
      // and of the extension's own pages Firefox tells no end of loading. So the page itself is asked.
      const wanted = new URL(url).href;
      const isOwn = url.startsWith("moz-");
      let [arrived, asked] = [false, 0];
      const go = () => {
        asked = Date.now();
        page.goto(url).then(() => (arrived = true), () => undefined);
      };
      const state = (own) => page.evaluate((needs) => [location.href, document.readyState, !needs || typeof chrome?.storage === "object"], own).catch(() => []);
      go();
      await until("the page", async () => {
        const [href, ready, usable] = await state(isOwn);
        if (href === "about:blank" && Date.now() - asked > 20_000) go();
        return href === wanted && usable && (arrived || ready === "complete");
      }, (there) => there);
      return page;
    },
    close: async () => { await browser.close(); await rm(folder, { recursive: true, force: true }); },
  };
}

/** One of the extension's own pages, as a window onto what the background knows. */
export async function openDesk(browser) {
  const page = await browser.open(`${browser.root}options.html`);
  // On a busy machine Firefox was seen to lose the page's own functions for a while; why is not known.
  const evaluate = async (work, value) => {
    await until("the extension's page", () => page.evaluate(() => typeof chrome?.storage).catch(String), (kind) => kind === "object");
    return page.evaluate(work, value);
  };
  const scripts = () => evaluate(async () => (await chrome.scripting.getRegisteredContentScripts()).flatMap((one) => one.matches).sort());
  return {
    page,
    scripts,
    /** Sets them, and waits until the script is registered for the automatic sites that may be read. */
    settings: async (settings) => {
      await evaluate((value) => chrome.storage.local.set({ settings: value }), settings);
      const wanted = [...new Set((settings.sites ?? []).map((site) => `http://${new URL(site).hostname}/*`))].sort();
      await until("the automatic sites", scripts, (found) => String(found) === String(wanted));
    },
    ask: (message) => evaluate((value) => chrome.runtime.sendMessage(value), message),
    tabs: () => evaluate(async () => (await chrome.tabs.query({})).map(({ id, url, active }) => ({ id, url, active }))),
    /** The newest tab that is none of the extension's own. */
    tab: async () => evaluate(async (root) => {
      const all = (await chrome.tabs.query({})).filter((tab) => !(tab.url ?? "").startsWith(root) && tab.url !== "about:blank");
      return Math.max(...all.map((tab) => tab.id));
    }, browser.root),
    view: (tab) => evaluate((id) => new Promise((done) => {
      const port = chrome.runtime.connect({ name: `popup:${id}` });
      port.onMessage.addListener(({ view }) => { port.disconnect(); done(view); });
    }), tab),
  };
}

/** Asks again and again until the answer is good. */
export async function until(what, ask, isGood, within = PATIENCE) {
  const end = Date.now() + within;
  let last;
  do {
    last = await ask();
    if (isGood(last)) return last;
    await new Promise((done) => setTimeout(done, 150));
  } while (Date.now() < end);
  throw new Error(`${what}: ${JSON.stringify(last)?.slice(0, 3000)}`);
}
