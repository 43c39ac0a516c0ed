/** The background: a service worker in Chrome, an event page in Firefox. */

import { words as loadWords, type Words } from "../shared/i18n";
import { fromOwn, type FromOwn } from "../shared/messages";
import { loadSettings, originOf, patternOf, readSettings, saveSettings, type Settings } from "../shared/settings";
import { Checker, type Job, keyOf, newItem } from "./checker";
import { checkAnchors } from "./library";
import { Link, send } from "./link";
import { registerPages } from "./sites";
import { Reports, Tab, Tabs } from "./store";

const REFRESH_AFTER = 150;

const tabs = new Tabs();
const reports = new Reports();
const popups = new Map<chrome.runtime.Port, number>();
let settings: Promise<Settings> | undefined;
let words: Promise<Words> | undefined;
let refresh: ReturnType<typeof setTimeout> | undefined;
const stale = new Set<number>();

const currentSettings = () => (settings ??= loadSettings());
const currentWords = () => (words ??= currentSettings().then(({ language }) => loadWords(language)));

const link = new Link({ tabs, settings: currentSettings, words: currentWords, checker: () => checker, changed, open: openReport, inject });
const checker: Checker = new Checker({
  settings: currentSettings,
  language: async () => (await currentWords()).library,
  reports,
  ask: async (tab, frame, url, limit, signal) => link.ask(tab, frame, url, limit, (await currentSettings()).cookies, signal),
  done({ tab, item }: Job) {
    void link.show(tab, item);
    changed(tab);
  },
});

/** Tells the popups, a few times a second at most. */
function changed(tab: Tab): void {
  tab.save();
  stale.add(tab.id);
  refresh ??= setTimeout(() => {
    refresh = undefined;
    for (const [port, id] of popups) {
      const known = stale.has(id) ? tabs.known(id) : undefined;
      if (known) port.postMessage({ view: known.view(), focus: known.focus });
    }
    stale.clear();
  }, REFRESH_AFTER);
}

function openReport(tab: Tab): void {
  const inWindow = () => chrome.windows.create({ type: "popup", width: 440, height: 680, url: chrome.runtime.getURL(`popup.html#tab=${tab.id}`) });
  const opened = typeof chrome.action.openPopup === "function" ? chrome.action.openPopup() : Promise.reject(new Error("missing"));
  opened.catch(() => void inWindow());
  changed(tab);
}

const inEveryFrame = (id: number) => chrome.scripting.executeScript({ target: { tabId: id, allFrames: true }, files: ["content.js"] });

function inject(tab: Tab): void {
  // What went away in the meantime needs no script.
  inEveryFrame(tab.id).catch(() => undefined);
}

/** Lets the script run in every frame of a tab that may be touched. */
async function start(id: number, all: boolean): Promise<string> {
  const tab = await tabs.get(id);
  tab.armed = true;
  try {
    await inEveryFrame(id);
  } catch (error) {
    tab.armed = false;
    return String(error);
  }
  tab.granted = true;
  if (tab.ports.has(0)) {
    tab.scan = true;
    tab.armed = false;
  }
  tab.all ||= all;
  for (const port of tab.ports.values()) link.mode(tab, port);
  changed(tab);
  return "";
}

/** Checks everything of a page anew. */
async function again(id: number): Promise<void> {
  const tab = await tabs.get(id);
  reports.clear();
  tab.outdated = false;
  tab.reset(tab.doc);
  for (const port of tab.ports.values()) send(port, { t: "again" });
  await start(id, false);
}

async function answer(message: FromOwn): Promise<unknown> {
  switch (message.t) {
    case "start":
      return { problem: await start(message.tab, message.all) };
    case "again":
      await again(message.tab);
      return {};
    case "report":
      return { report: await reports.recall(message.key) };
    case "anchors":
      return { problem: await checkAnchors(message.text, (await currentWords()).library) };
    case "show": {
      const port = (await tabs.get(message.tab)).ports.get(message.frame);
      if (port) send(port, { t: "show", id: message.id });
      return {};
    }
  }
}

const isOwnPage = (sender: chrome.runtime.MessageSender | undefined) =>
  sender?.id === chrome.runtime.id && (sender.url ?? "").startsWith(chrome.runtime.getURL(""));

chrome.runtime.onMessage.addListener((raw: unknown, sender, reply) => {
  const message = isOwnPage(sender) ? fromOwn(raw) : undefined;
  if (!message) return false;
  answer(message).then(reply, (error: unknown) => reply({ problem: String(error) }));
  return true;
});

chrome.runtime.onConnect.addListener((port) => {
  const popup = /^popup:(\d{1,12})$/.exec(port.name);
  if (!popup) return link.accept(port);
  if (!isOwnPage(port.sender)) return port.disconnect();
  const id = Number(popup[1]);
  popups.set(port, id);
  port.onDisconnect.addListener(() => popups.delete(port));
  void greet(port, id);
});

async function greet(port: chrome.runtime.Port, id: number): Promise<void> {
  const tab = await tabs.find(id);
  if (tab) await rouse(tab);
  if (tab?.outdated && tab.scan) void again(id);
  if (!popups.has(port)) return;
  port.postMessage({ view: (tab ?? new Tab(id)).view(), focus: tab?.focus ?? "" });
  if (tab) tab.focus = "";
}

/** Lets the script in a page connect again after this one was stopped; a page that has gone is forgotten. */
async function rouse(tab: Tab): Promise<void> {
  if (tab.ports.has(0) || !tab.doc) return;
  try {
    await chrome.tabs.sendMessage(tab.id, { t: "wake" }, { frameId: 0 });
  } catch {
    checker.leave(tab);
    tab.leave();
    changed(tab);
  }
}

async function makeMenus(): Promise<void> {
  const { say } = await currentWords();
  await chrome.contextMenus.removeAll();
  const contexts: chrome.contextMenus.ContextType[] = ["image", "video", "audio"];
  chrome.contextMenus.create({ id: "medium", title: say("menu_medium"), contexts });
  chrome.contextMenus.create({ id: "page", title: say("menu_page"), contexts: ["page", "action"] });
}

/** "Verify" was chosen for one medium. */
async function verifyOne(info: chrome.contextMenus.OnClickData, tab: Tab): Promise<void> {
  const address = info.srcUrl ?? "";
  const kind = info.mediaType === "video" || info.mediaType === "audio" ? info.mediaType : "picture";
  const frame = info.frameId ?? 0;
  const page = (frame === 0 ? info.pageUrl : info.frameUrl) ?? info.pageUrl ?? "";
  try {
    await chrome.scripting.executeScript({ target: { tabId: tab.id, frameIds: [frame] }, files: ["content.js"] });
    await arrival(tab, frame);
  } catch {
    // The report is shown all the same; only the badge has no place.
  }
  tab.granted = true;
  tab.origin ||= originOf(info.pageUrl ?? "") ?? "";
  const key = await keyOf(address, tab, frame);
  const item = tab.item(key, () => newItem(key, address, kind, 0, 0));
  if (!item) return;
  tab.focus = key;
  link.single(tab, frame, address, kind);
  if (item.state !== "done") checker.want({ tab, item, address, page, frame });
  changed(tab);
}

/** Waits a moment until the script in a frame has reported. */
async function arrival(tab: Tab, frame: number): Promise<void> {
  for (let tries = 0; tries < 20 && !tab.ports.has(frame); tries += 1) {
    await new Promise((done) => setTimeout(done, 50));
  }
}

chrome.contextMenus.onClicked.addListener((info, pageTab) => {
  const id = pageTab?.id;
  if (id === undefined || id < 0) return;
  if (info.menuItemId === "page") {
    void start(id, false);
    return;
  }
  // At once: later Firefox takes it for an act of nobody.
  const known = tabs.known(id);
  if (known) openReport(known);
  void tabs.get(id, pageTab?.incognito === true).then((tab) => {
    if (!known) openReport(tab);
    return verifyOne(info, tab);
  });
});

const register = () => void registerPages(currentSettings).catch((error: unknown) => console.error("biaoshi:", error));

chrome.tabs.onRemoved.addListener((id) => {
  void tabs.remove(id).then((tab) => {
    if (tab) checker.leave(tab);
    if (!tabs.hasPrivate) reports.forgetPrivate();
  });
});
chrome.permissions.onAdded.addListener(() => {
  register();
  void addWanted();
});
chrome.permissions.onRemoved.addListener(register);
chrome.runtime.onInstalled.addListener(() => {
  void makeMenus();
  register();
});
chrome.runtime.onStartup.addListener(() => {
  void makeMenus();
  register();
});
chrome.storage.onChanged.addListener((changes, area) => {
  if (area !== "local" || !changes.settings) return;
  const before = readSettings(changes.settings.oldValue);
  const now = readSettings(changes.settings.newValue);
  settings = undefined;
  if (before.sites.join() !== now.sites.join()) register();
  const judging = ({ language, profiles, anchors, megabytes, cookies, showNone }: Settings) => JSON.stringify([language, profiles, anchors, megabytes, cookies, showNone]);
  if (judging(before) === judging(now)) return;
  words = undefined;
  reports.clear();
  tabs.outdate();
  void makeMenus();
});

/** A site that was to be checked by itself when the browser asked; the popup may be gone by then. */
async function addWanted(): Promise<void> {
  const { wanted } = await chrome.storage.session.get("wanted");
  if (typeof wanted !== "string" || originOf(wanted) !== wanted) return;
  if (!(await chrome.permissions.contains({ origins: [patternOf(wanted)] }))) return;
  await chrome.storage.session.remove("wanted");
  const { sites } = await loadSettings();
  if (!sites.includes(wanted)) await saveSettings({ sites: [...sites, wanted] });
}
