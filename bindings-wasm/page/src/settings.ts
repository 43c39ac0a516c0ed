/** The sheet of settings: rule sets, anchors, and what to look at. */
import { byId, h } from "./dom.js";
import { LANGUAGES, NAMES, t, word, type Key, type Language } from "./i18n/index.js";
import { icon } from "./icons.js";
import { fileText, plain } from "./safe.js";
import * as store from "./store.js";

function profiles(): void {
  const root = byId("set-profiles");
  for (const old of root.querySelectorAll("label")) old.remove();
  for (const id of store.PROFILES) {
    const box = h("input", { attrs: { type: "checkbox", value: id } });
    box.checked = store.get().profiles.includes(id);
    box.addEventListener("change", () => {
      const wanted = new Set(store.get().profiles);
      if (box.checked) wanted.add(id);
      else wanted.delete(id);
      store.set("profiles", store.PROFILES.filter((name) => wanted.has(name)));
    });
    root.append(h("label", { class: "check" }, box, h("span", {}, word("profile", id))));
  }
}

function anchors(): void {
  const list = store.get().anchors.map((anchor, at) => {
    const label = t("set.trust.remove", { name: plain(anchor.name) });
    const remove = h("button", { class: "quiet icon-only", attrs: { type: "button", "aria-label": label, title: label } }, icon("clear"));
    remove.addEventListener("click", () => {
      store.set("anchors", store.get().anchors.filter((_, index) => index !== at));
      byId("anchor-add").focus();
    });
    return h("li", {}, fileText(anchor.name, { long: 120 }), remove);
  });
  byId("anchors").replaceChildren(...list);
}

function problem(key: Key | null, name = ""): void {
  const node = byId("anchor-error");
  node.hidden = key === null;
  node.textContent = key === null ? "" : t(key, { name: plain(name) });
}

async function addAnchors(files: FileList | null): Promise<void> {
  problem(null);
  for (const file of files ?? []) {
    const pem = file.size > 1_000_000 ? "" : await file.text();
    if (store.holdsSecret(pem)) problem("set.trust.secret", file.name);
    else if (!store.holdsAnchor(pem)) problem("set.trust.bad", file.name);
    else store.set("anchors", [...store.get().anchors.filter((kept) => kept.pem !== pem), { name: file.name, pem }]);
  }
}

function checkbox(id: string, name: "declared" | "look"): void {
  const box = byId<HTMLInputElement>(id);
  box.checked = store.get()[name];
  box.addEventListener("change", () => store.set(name, box.checked));
}

export function applyTheme(): void {
  const { theme } = store.get();
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

/** Shows what holds now, in the language of now. */
export function retell(): void {
  profiles();
  anchors();
  byId<HTMLInputElement>("set-declared").checked = store.get().declared;
  byId<HTMLInputElement>("set-look").checked = store.get().look;
  byId<HTMLSelectElement>("theme").value = store.get().theme;
  byId<HTMLSelectElement>("language").value = store.get().language;
}

export function start(): void {
  const dialog = byId<HTMLDialogElement>("settings");
  byId("settings-open").addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  const language = byId<HTMLSelectElement>("language");
  for (const tag of LANGUAGES) language.append(h("option", { attrs: { value: tag, lang: tag } }, NAMES[tag]));
  language.addEventListener("change", () => store.set("language", language.value as Language));
  const theme = byId<HTMLSelectElement>("theme");
  theme.addEventListener("change", () => store.set("theme", theme.value as "auto" | "light" | "dark"));
  checkbox("set-declared", "declared");
  checkbox("set-look", "look");
  const input = byId<HTMLInputElement>("anchor-file");
  byId("anchor-add").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    void addAnchors(input.files).finally(() => (input.value = ""));
  });
  byId("set-reset").addEventListener("click", () => {
    store.reset();
    problem(null);
    retell();
  });
}
