/** The page: puts the parts together. */
import { announce, byId, perFrame, translate } from "./dom.js";
import * as engine from "./engine.js";
import type { Item } from "./engine.js";
import { libraryLanguage, setLanguage, t } from "./i18n/index.js";
import { addIcons } from "./icons.js";
import * as intake from "./intake.js";
import * as labelling from "./labelling.js";
import * as list from "./list.js";
import * as report from "./report.js";
import * as settings from "./settings.js";
import * as store from "./store.js";
import { badge } from "./words.js";

let version = "";
let offline: "app.offline.ready" | "app.offline.partly" | null = null;

function retell(): void {
  const { language } = store.get();
  setLanguage(language);
  document.documentElement.lang = language;
  translate(document);
  document.title = t("app.title");
  settings.retell();
  intake.retell();
  labelling.retell();
  list.retell();
  showReport(false);
  footer();
}

function footer(): void {
  byId("about").textContent = t("app.footer", { version }).replace("  ", " ");
  const node = byId("offline");
  node.hidden = offline === null;
  node.textContent = offline === null ? "" : t(offline);
}

function showReport(focus: boolean): void {
  report.show(byId("report"), list.selected(), focus);
}

/** Which view the address asks for. */
function route(focus: boolean): void {
  const label = location.hash === "#label";
  byId("view-verify").hidden = label;
  byId("view-label").hidden = !label;
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".tabs a")) {
    if (link.hash === (label ? "#label" : "#verify")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (!focus) return;
  const title = byId(label ? "label-title" : "verify-title");
  title.tabIndex = -1;
  title.focus();
}

function added(fresh: Item[]): void {
  if (location.hash === "#label") location.hash = "#verify";
  const [first] = fresh;
  if (first !== undefined && (list.selected() === null || fresh.length === 1)) list.select(first, false);
}

function startReports(): void {
  list.start((_, focus) => showReport(focus));
  const shown = new WeakMap<Item, string>();
  const paint = perFrame(() => showReport(false));
  engine.watch((item) => {
    const current = list.selected();
    if (current === null || (item !== null && item !== current)) return;
    const state = `${current.state} ${current.lang} ${String(current.looked)}`;
    if (item !== null && current.state === "done" && current.report !== null && !shown.get(current)?.startsWith("done")) {
      announce(t("report.ready", { name: list.nameOf(current), status: badge(current).text }));
    }
    shown.set(current, state);
    paint();
  });
}

function watchSettings(): void {
  const renew = perFrame(() => engine.renew());
  let texts = libraryLanguage().tag;
  store.watch((changed) => {
    if (changed === "theme") settings.applyTheme();
    if (changed === "language") {
      retell();
      if (libraryLanguage().tag === texts) return;
      texts = libraryLanguage().tag;
    }
    if (changed === "anchors") settings.retell();
    if (changed !== "theme") renew();
  });
}

/** Keeps the page for use without a network. */
async function keep(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<{ kept?: string }>) => {
    if (data.kept === "all") offline = "app.offline.ready";
    footer();
  });
  try {
    await navigator.serviceWorker.register("sw.js");
    const { active } = await navigator.serviceWorker.ready;
    offline ??= "app.offline.partly";
    footer();
    active?.postMessage("keep");
  } catch {
    // Some browsers refuse in private windows: the page works with a network.
  }
}

async function library(): Promise<void> {
  try {
    version = (await (await engine.library()).about()).version;
    footer();
  } catch {
    const fatal = byId("fatal");
    fatal.hidden = false;
    fatal.textContent = t("app.failed");
  }
}

function start(): void {
  addIcons(document);
  setLanguage(store.get().language);
  settings.start();
  intake.start(added);
  labelling.start((file, name) => {
    location.hash = "#verify";
    const [item] = engine.add([{ file, name }]);
    if (item !== undefined) list.select(item, true);
  });
  startReports();
  settings.applyTheme();
  report.setWhole(Number(document.documentElement.dataset["whole"] ?? "0"));
  retell();
  watchSettings();
  route(false);
  window.addEventListener("hashchange", () => {
    if (location.hash === "#main") byId("main").focus();
    else route(true);
  });
  void library();
  void keep();
}

start();
