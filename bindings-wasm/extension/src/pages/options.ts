/** The page of settings. */

import { LOCALES, type Locale, words as loadWords, type Words } from "../shared/i18n";
import { loadSettings, LONGEST_ANCHORS, patternOf, PROFILES, saveSettings, type Settings } from "../shared/settings";
import { profileKey } from "../shared/wording";
import { byId, make, press } from "./dom";

const NAMES: Record<Locale, string> = { en: "English", zh_CN: "简体中文", zh_TW: "繁體中文", pt_BR: "Português" };
const TAGS: Record<Locale, string> = { en: "en", zh_CN: "zh-Hans", zh_TW: "zh-Hant", pt_BR: "pt" };
const EVERYWHERE = ["http://*/*", "https://*/*"];

let settings: Settings;
let words: Words;
let fading: ReturnType<typeof setTimeout> | undefined;

async function begin(): Promise<void> {
  settings = await loadSettings();
  words = await loadWords(settings.language);
  document.documentElement.lang = words.tag;
  document.title = byId("title").textContent = words.say("options_title");
  byId("main").replaceChildren(languageView(), profilesView(), anchorsView(), await sitesView(), readingView(), privacyView());
}

async function save(change: Partial<Settings>): Promise<void> {
  settings = await saveSettings(change);
  const saved = byId("saved");
  saved.textContent = words.say("saved");
  clearTimeout(fading);
  fading = setTimeout(() => { saved.textContent = ""; }, 1500);
}

function section(name: string, ...children: (Node | undefined)[]): HTMLElement {
  const id = `part-${name}`;
  const about = words.say(`opt_${name}_about`);
  const view = make("section", { "aria-labelledby": id }, make("h2", { id }, words.say(`opt_${name}`)), make("p", {}, about));
  view.append(...children.filter((child): child is Node => child !== undefined));
  return view;
}

function choice(text: string, checked: boolean, change: (on: boolean) => void): HTMLElement {
  const box = make("input", { type: "checkbox" });
  box.checked = checked;
  box.addEventListener("change", () => change(box.checked));
  return make("label", { class: "choice" }, box, make("span", {}, text));
}

function languageView(): HTMLElement {
  const select = make("select", { "aria-labelledby": "part-language", id: "language" }, make("option", { value: "auto" }, words.say("language_auto")));
  for (const locale of LOCALES) select.append(make("option", { value: locale, lang: TAGS[locale] }, NAMES[locale]));
  select.value = settings.language;
  select.addEventListener("change", () => void save({ language: select.value as Locale | "auto" }).then(begin));
  return section("language", select);
}

function profilesView(): HTMLElement {
  const boxes = PROFILES.map((profile) => choice(words.say(profileKey(profile)), settings.profiles.includes(profile), (on) => {
    const others = settings.profiles.filter((one) => one !== profile);
    void save({ profiles: on ? [...others, profile] : others });
  }));
  return section("profiles", ...boxes);
}

function anchorsView(): HTMLElement {
  const area = make("textarea", { id: "anchors", spellcheck: "false", "aria-labelledby": "part-anchors", placeholder: "-----BEGIN CERTIFICATE-----" });
  area.value = settings.anchors;
  const problem = make("p", { role: "alert", id: "anchors-problem" });
  const store = async () => {
    const text = area.value.trim();
    const wrong = text.length > LONGEST_ANCHORS ? words.say("anchors_long") : await anchorsProblem(text);
    problem.textContent = wrong;
    problem.className = wrong ? "problem" : "";
    if (!wrong) {
      await save({ anchors: text });
      problem.textContent = text ? words.say("anchors_count", count(text)) : "";
    }
  };
  area.addEventListener("change", () => void store());
  // Behind a button of our own: the browser's speaks the browser's language.
  const file = make("input", { type: "file", accept: ".pem,.crt,.cer", multiple: "", hidden: "", id: "anchors-file" });
  file.addEventListener("change", () => void Promise.all([...(file.files ?? [])].map((one) => one.text())).then((texts) => {
    area.value = [area.value.trim(), ...texts].filter(Boolean).join("\n");
    file.value = "";
    return store();
  }));
  return section("anchors", area, problem, press(words.say("anchors_file"), () => file.click()), file);
}

const count = (text: string) => text.split("-----BEGIN ").length - 1;

async function anchorsProblem(text: string): Promise<string> {
  if (!text) return "";
  if (count(text) === 0) return words.say("anchors_none");
  const { problem } = (await chrome.runtime.sendMessage({ t: "anchors", text })) as { problem: string };
  return problem ? words.say("anchors_bad", problem) : "";
}

async function sitesView(): Promise<HTMLElement> {
  const { origins = [] } = await chrome.permissions.getAll();
  const list = make("ul", { class: "sites" });
  for (const site of settings.sites) {
    list.append(make("li", {}, make("span", { dir: "ltr" }, site), press(words.say("remove_site"), () => {
      void save({ sites: settings.sites.filter((one) => one !== site) }).then(begin);
    }, "quiet")));
  }
  const granted = make("ul", { class: "sites", id: "granted" });
  for (const pattern of origins) {
    granted.append(make("li", {}, make("span", { dir: "ltr" }, pattern), press(words.say("withdraw"), () => {
      const kept = settings.sites.filter((site) => patternOf(site) !== pattern);
      void chrome.permissions.remove({ origins: [pattern] }).then(() => save({ sites: kept })).then(begin);
    }, "quiet")));
  }
  const everywhere = press(words.say("allow_everywhere"), () => {
    void chrome.permissions.request({ origins: EVERYWHERE }).then(begin);
  });
  const none = settings.sites.length === 0 ? make("p", {}, words.say("sites_none")) : undefined;
  const heading = make("h3", {}, words.say("granted"));
  return section("sites", list, none, heading, origins.length > 0 ? granted : make("p", {}, words.say("granted_none")), everywhere);
}

function readingView(): HTMLElement {
  const size = make("input", { type: "number", min: "1", max: "256", step: "1", id: "megabytes" });
  size.value = String(settings.megabytes);
  size.addEventListener("change", () => {
    const value = Math.min(256, Math.max(1, Math.round(Number(size.value)) || 64));
    size.value = String(value);
    void save({ megabytes: value });
  });
  return section(
    "reading",
    make("label", { class: "choice" }, make("span", {}, words.say("megabytes")), size),
    choice(words.say("cookies"), settings.cookies, (cookies) => void save({ cookies })),
    choice(words.say("show_none"), settings.showNone, (showNone) => void save({ showNone })),
  );
}

function privacyView(): HTMLElement {
  return section("privacy");
}

void begin();
