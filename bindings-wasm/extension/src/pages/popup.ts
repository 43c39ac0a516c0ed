/** The popup: what was verified on the page. It is the one surface that a page can't write on. */

import { words as loadWords, type Words } from "../shared/i18n";
import type { FromOwn } from "../shared/messages";
import { type Report, STATUSES } from "../shared/report";
import { loadSettings, originOf, patternOf, saveSettings, type Settings } from "../shared/settings";
import type { Item, TabView } from "../shared/state";
import { protectionNote, refusalSentence } from "../shared/wording";
import { byId, make, press } from "./dom";
import { reportView } from "./report";

const MOST_LISTED = 300;

interface State { tab: number; address: string; isPrivate: boolean; view: TabView | undefined; focus: string; problem: string }

const open = new Map<string, HTMLElement>();
let words: Words;
let settings: Settings;
const state: State = { tab: -1, address: "", isPrivate: false, view: undefined, focus: "", problem: "" };

const ask = (message: FromOwn) => chrome.runtime.sendMessage(message);

async function begin(): Promise<void> {
  settings = await loadSettings();
  words = await loadWords(settings.language);
  document.documentElement.lang = words.tag;
  const named = /^#tab=(\d{1,12})$/.exec(location.hash);
  const [active] = named ? [] : await chrome.tabs.query({ active: true, currentWindow: true });
  state.tab = named ? Number(named[1]) : (active?.id ?? -1);
  state.address = active?.url ?? "";
  state.isPrivate = active?.incognito === true;
  byId("title").textContent = words.say("popup_title");
  const options = byId("options");
  options.textContent = words.say("options");
  options.addEventListener("click", () => void chrome.runtime.openOptionsPage());
  connect();
  show();
  document.querySelector<HTMLElement>("button.main")?.focus();
}

function connect(): void {
  const port = chrome.runtime.connect({ name: `popup:${state.tab}` });
  port.onMessage.addListener((message: { view: TabView; focus: string }) => {
    state.view = message.view;
    state.isPrivate ||= message.view.isPrivate;
    if (message.focus) state.focus = message.focus;
    show();
  });
  port.onDisconnect.addListener(() => setTimeout(connect, 200));
}

const origin = () => state.view?.origin || originOf(state.address) || "";

function show(): void {
  const site = origin();
  byId("site").textContent = site ? new URL(site).host : words.say("no_page");
  showActs();
  showSummary();
  showNotices();
  showItems();
  showAutomatic();
  byId("fine").textContent = words.say("fine");
}

async function start(all: boolean): Promise<void> {
  const { problem } = await ask({ t: "start", tab: state.tab, all });
  state.problem = problem ? words.say("cannot_start") : "";
  show();
}

function showActs(): void {
  const { view } = state;
  const acts: HTMLElement[] = [];
  const running = view?.running === true;
  acts.push(press(words.say(running ? "check_again" : "check_page"), () => {
    open.clear();
    void (running ? ask({ t: "again", tab: state.tab }) : start(false));
  }, running ? "" : "main"));
  if (running && (view?.waiting ?? 0) > 0) acts.push(press(words.say("check_all", view?.waiting ?? 0), () => void start(true)));
  keepFocus("acts", acts);
}

/** Replaces the children of a part, and keeps the focus where it was. */
function keepFocus(id: string, children: HTMLElement[]): void {
  const part = byId(id);
  const same = part.children.length === children.length && children.every((child, at) => child.isEqualNode(part.children[at] ?? null));
  if (same) return;
  const at = [...part.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
  part.replaceChildren(...children);
  if (at >= 0) part.querySelectorAll("button")[at]?.focus();
}

function showSummary(): void {
  const { view, problem } = state;
  const summary = byId("summary");
  const items = view?.items ?? [];
  let text = problem;
  if (!text && view?.running) {
    const busy = items.filter((item) => item.state === "waiting").length;
    const stated = items.filter((item) => item.state === "done" && item.status !== "none").length;
    const parts = [words.say("summary", items.filter((item) => item.state === "done").length, stated)];
    if (busy > 0) parts.push(words.say("summary_busy", busy));
    if (items.length === 0 && busy === 0) parts.splice(0, 1, words.say("summary_empty"));
    text = parts.join(" ");
  }
  summary.textContent = text;
}

function allow(origins: string[]): void {
  // Asked for at once: browsers want it to be the direct answer to a click.
  void chrome.permissions.request({ origins: origins.map(patternOf) }).then((granted) => {
    if (granted) void ask({ t: "again", tab: state.tab });
  });
}

function notice(text: string, act?: HTMLElement): HTMLElement {
  return make("div", { class: "notice" }, make("span", {}, text), act);
}

function showNotices(): void {
  const view = state.view;
  const notices: HTMLElement[] = [];
  const items = view?.items ?? [];
  const barred = new Map<string, number>();
  for (const { refusal } of items) {
    if (refusal?.why === "permission" && refusal.origin) barred.set(refusal.origin, (barred.get(refusal.origin) ?? 0) + 1);
  }
  for (const [from, count] of [...barred].slice(0, 5)) {
    notices.push(notice(words.say("need_origin", count, new URL(from).host), press(words.say("allow"), () => allow([from]))));
  }
  for (const from of (view?.foreign ?? []).slice(0, 5)) {
    // A permission outlives a private window.
    const act = state.isPrivate ? undefined : press(words.say("allow"), () => allow([from]));
    notices.push(notice(words.say("need_frame", new URL(from).host), act));
  }
  const hidden = items.filter((item) => item.places.some((place) => place.seen === "covered" || place.seen === "removed"));
  if (hidden.length > 0) notices.push(notice(words.say("hidden", hidden.length)));
  if (view?.more) notices.push(notice(words.say("more")));
  keepFocus("notices", notices);
}

const rank = (item: Item) => (item.status ? STATUSES.indexOf(item.status) : item.state === "waiting" ? 5 : 6);

function showItems(): void {
  const list = byId("items");
  const items = [...(state.view?.items ?? [])].sort((a, b) => rank(a) - rank(b)).slice(0, MOST_LISTED);
  list.hidden = items.length === 0;
  const before = new Map([...list.children].map((child) => [(child as HTMLElement).dataset.key, child as HTMLElement]));
  const entries = items.map((item) => {
    const stamp = JSON.stringify([item, words.tag]);
    const old = before.get(item.key);
    return old?.dataset.stamp === stamp ? old : entry(item, stamp);
  });
  if (entries.length !== list.children.length || entries.some((one, at) => one !== list.children[at])) list.replaceChildren(...entries);
  if (state.focus) showFocused(list);
}

/** What the user clicked on the page is opened and brought into view. */
function showFocused(list: HTMLElement): void {
  const wanted = [...list.children].find((child) => (child as HTMLElement).dataset.key === state.focus);
  const details = wanted?.querySelector("details");
  if (!wanted || !details) return;
  state.focus = "";
  details.open = true;
  wanted.scrollIntoView({ block: "start" });
  details.querySelector("summary")?.focus();
}

function entry(item: Item, stamp: string): HTMLElement {
  const { say } = words;
  const line = make("div", { class: "line" }, pill(item));
  if (item.standing && item.status !== "none") line.append(make("span", { class: "note" }, protectionNote(words, item.standing)));
  const row = make("li", { "data-key": item.key, "data-stamp": stamp }, line, make("div", { class: "where", dir: "ltr", title: item.url }, nameOf(item)));
  if (item.refusal) {
    row.append(make("div", { class: "note" }, refusalSentence(words, item.refusal, settings.megabytes)));
    if (item.refusal.detail) row.append(make("div", { class: "note", lang: item.refusal.lang ?? "en" }, item.refusal.detail.slice(0, 300)));
  }
  const seen = new Set(item.places.map((place) => place.seen));
  if (seen.has("covered") || seen.has("removed")) row.append(make("p", { class: "alarm" }, say(seen.has("removed") ? "badge_removed" : "badge_covered")));
  const acts = make("div", { class: "row" });
  if (item.state === "done") acts.append(details(item));
  const place = item.places[0];
  if (place) acts.append(press(say("show_place"), () => void ask({ t: "show", tab: state.tab, frame: place.frame, id: place.id }), "quiet"));
  row.append(acts);
  return row;
}

function pill(item: Item): HTMLElement {
  if (item.state === "done" && item.status) return make("span", { class: `pill ${item.status}` }, words.say(`badge_${item.status}`));
  return make("span", { class: `pill ${item.state}` }, words.say(item.state === "waiting" ? "item_waiting" : "item_refused"));
}

function nameOf(item: Item): string {
  const size = item.width > 0 ? ` · ${item.width}×${item.height}` : "";
  let name = item.url;
  try {
    const url = new URL(item.url);
    if (url.protocol.startsWith("http")) name = `${decodeURIComponent(url.pathname.split("/").pop() ?? "") || url.pathname} · ${url.host}`;
    else if (url.protocol === "blob:") name = words.say("from_blob");
    else name = words.say("from_data", item.url);
  } catch {
    // It is shown as it stands.
  }
  return `${words.say(`kind_${item.kind}`)} · ${name}${size}`;
}

function details(item: Item): HTMLElement {
  const place = open.get(item.key) ?? make("div");
  const view = make("details", {}, make("summary", {}, words.say("report")), place);
  view.open = open.has(item.key);
  view.addEventListener("toggle", () => {
    if (!view.open) {
      open.delete(item.key);
      return;
    }
    open.set(item.key, place);
    if (place.childElementCount > 0) return;
    void ask({ t: "report", key: item.key }).then(({ report }: { report?: Report }) => {
      place.replaceChildren(report ? reportView(words, report) : make("p", {}, words.say("report_gone")));
    });
  });
  return view;
}

function showAutomatic(): void {
  const site = origin();
  const part = byId("automatic");
  if (state.isPrivate) {
    part.replaceChildren(make("p", { class: "fine" }, words.say("private_window")));
    return;
  }
  if (!site || part.dataset.site === site) return;
  part.dataset.site = site;
  const box = make("input", { type: "checkbox" });
  box.checked = settings.sites.includes(site);
  box.addEventListener("change", () => {
    if (!box.checked) {
      void saveSettings({ sites: settings.sites.filter((one) => one !== site) }).then((now) => { settings = now; });
      return;
    }
    // Firefox may close the popup while it asks; what is to be done then is known before.
    void chrome.storage.session.set({ wanted: site });
    void chrome.permissions.request({ origins: [patternOf(site)] }).then(async (granted) => {
      box.checked = granted;
      if (!granted) {
        // A later permission for something else is none for this.
        await chrome.storage.session.remove("wanted");
        return;
      }
      settings = await saveSettings({ sites: [...settings.sites, site] });
      await start(false);
    });
  });
  part.replaceChildren(make("label", { class: "choice" }, box, make("span", {}, words.say("automatic", new URL(site).host))));
}

void begin();
