/** The list of files: rows are made once and updated; their number does not slow the page. */
import { announce, byId, h, perFrame, save } from "./dom.js";
import * as engine from "./engine.js";
import type { Item } from "./engine.js";
import { number, t } from "./i18n/index.js";
import { icon } from "./icons.js";
import { fileText, plain } from "./safe.js";
import { badge, heaviest } from "./words.js";

interface Row {
  node: HTMLLIElement;
  button: HTMLButtonElement;
  mark: HTMLElement;
  text: HTMLElement;
  shown: string;
}

const rows = new Map<number, Row>();
const dirty = new Set<Item>();
let chosen: Item | null = null;
let onChoose: (item: Item | null, focus: boolean) => void = () => undefined;
let wasBusy = false;
let stopped = false;

export function selected(): Item | null {
  return chosen;
}

export function select(item: Item | null, focus = false): void {
  if (chosen !== null) rows.get(chosen.id)?.button.removeAttribute("aria-current");
  chosen = item;
  if (item !== null) rows.get(item.id)?.button.setAttribute("aria-current", "true");
  onChoose(item, focus);
}

function rowOf(item: Item): Row {
  const mark = h("span", { class: "mark" });
  const text = h("span", { class: "item-state" });
  const button = h(
    "button",
    { class: "item", attrs: { type: "button" }, on: { click: () => select(item, true) } },
    mark,
    h("span", { class: "item-name" }, fileText(item.name, { long: 200 })),
    text,
  );
  const node = h("li", {}, button);
  return { node, button, mark, text, shown: "" };
}

function matches(item: Item): boolean {
  const { report } = item;
  switch (byId<HTMLSelectElement>("filter").value) {
    case "states":
      return report !== null && ["confirmed", "possible", "suspected"].includes(report.status);
    case "notes":
      return item.error !== null || (report !== null && ["error", "warning"].includes(heaviest(report) ?? ""));
    case "none":
      return report !== null && report.status === "none";
    default:
      return true;
  }
}

function update(item: Item): void {
  const row = rows.get(item.id);
  if (row === undefined) return;
  const { name, text } = badge(item);
  const shown = `${name} ${text} ${item.state}`;
  if (shown !== row.shown) {
    row.shown = shown;
    row.mark.className = `mark s-${name}`;
    row.mark.replaceChildren(icon(name));
    row.text.textContent = text;
    row.button.classList.toggle("busy", item.state === "reading" || item.state === "waiting");
  }
  row.node.hidden = !matches(item);
}

function rebuild(): void {
  const items = engine.all();
  const kept = new Set(items.map(({ id }) => id));
  for (const [id, row] of rows) {
    if (kept.has(id)) continue;
    row.node.remove();
    rows.delete(id);
  }
  const fresh = document.createDocumentFragment();
  for (const item of items) {
    if (!rows.has(item.id)) {
      const row = rowOf(item);
      rows.set(item.id, row);
      fresh.append(row.node);
    }
    update(item);
  }
  byId("items").append(fresh);
  if (chosen !== null && !kept.has(chosen.id)) select(null);
}

function frame(): void {
  const { done, all, cancelled, busy } = engine.progress();
  byId("results").hidden = all === 0;
  byId("view-verify").classList.toggle("has-items", all > 0);
  byId("list").hidden = all < 2;
  byId("results").classList.toggle("single", all < 2);
  byId("progress-text").textContent = t("list.progress", { done: number(done), all: number(all) });
  const bar = byId<HTMLProgressElement>("progress");
  bar.max = Math.max(1, all - cancelled);
  bar.value = done;
  byId("stop").hidden = !busy;
  byId("export").hidden = busy || done === 0;
  byId("clear").hidden = busy;
  if (wasBusy && !busy && all > 1) {
    announce(stopped ? t("list.stopped", { done: number(done), all: number(all) }) : t("list.done"));
  }
  if (busy) stopped = false;
  wasBusy = busy;
}

/** All reports as JSON lines: one object for each file. */
function exportAll(): void {
  const lines = engine.all().map((item) => {
    const error = item.error === null ? undefined : { code: item.error.code, ...engine.errorText(item.error) };
    return JSON.stringify(item.report === null ? { file: item.name, error } : { ...item.report, file: item.name });
  });
  save(new Blob([`${lines.join("\n")}\n`], { type: "application/jsonl" }), "biaoshi-reports.jsonl");
}

function move(event: KeyboardEvent): void {
  const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  const step = steps[event.key];
  if (step === undefined) return;
  const shown = [...byId("items").querySelectorAll<HTMLButtonElement>("li:not([hidden]) > button")];
  const at = shown.indexOf(document.activeElement as HTMLButtonElement);
  if (at < 0) return;
  event.preventDefault();
  shown[Math.min(shown.length - 1, Math.max(0, at + step))]?.focus();
}

/** Says again what every row says, for example in another language. */
export function retell(): void {
  for (const row of rows.values()) row.shown = "";
  rebuild();
  frame();
}

export function start(choose: (item: Item | null, focus: boolean) => void): void {
  onChoose = choose;
  let all = false;
  const paint = perFrame(() => {
    if (all) rebuild();
    else for (const item of dirty) update(item);
    all = false;
    dirty.clear();
    frame();
  });
  engine.watch((item) => {
    if (item === null) all = true;
    else dirty.add(item);
    paint();
  });
  byId("filter").addEventListener("change", () => {
    rebuild();
  });
  byId("items").addEventListener("keydown", move);
  byId("export").addEventListener("click", exportAll);
  byId("stop").addEventListener("click", () => {
    stopped = true;
    engine.stop();
    byId("list-title").setAttribute("tabindex", "-1");
    byId("list-title").focus();
  });
  byId("clear").addEventListener("click", () => {
    engine.clear();
    byId("choose").focus();
  });
}

/** The name of a file for places that take plain text alone. */
export function nameOf(item: Item): string {
  return plain(item.name.slice(0, 200));
}
