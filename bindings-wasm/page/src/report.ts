/** The report on one file: at a glance first, then layer by layer, then the raw data. */
import { h, save, announce, byId, type Child } from "./dom.js";
import * as engine from "./engine.js";
import type { Item } from "./engine.js";
import { evidenceSection } from "./evidence.js";
import { HexView } from "./hex.js";
import { libraryLanguage, number, size, t, word } from "./i18n/index.js";
import { icon } from "./icons.js";
import { dutiesSection, findingsSection, outcomeIcon, rulesSection } from "./rules.js";
import { Preview } from "./preview.js";
import { hint, own } from "./own.js";
import { fileText } from "./safe.js";
import * as store from "./store.js";
import type { Report, Site } from "./types.js";
import { heaviest, isBroken, isUnlooked, LAYERS, layerOf, statusText, statusWord, type Layer } from "./words.js";

/** What a click on evidence can show. */
export interface Shows {
  bytes(site: Site, from: HTMLElement): void;
  rect(index: number): void;
  play(ms: number): void;
}

/** Size of the module that looks at pictures, as the build measured it. */
let whole = 0;
export function setWhole(bytes: number): void {
  whole = bytes;
}

let preview: Preview | null = null;
let hex: HexView | null = null;
let current: Item | null = null;

function layersRow(report: Report, looked: boolean): HTMLElement {
  const cell = (layer: Layer): HTMLElement => {
    const found = report.evidence.filter((evidence) => layerOf(evidence) === layer);
    const state = ((): string => {
      if (found.length > 0) return t("layers.count", { count: number(found.length) });
      // Watermarks are read where pictures are looked at, and nowhere else.
      if (layer === "watermark" && report.modality !== "image") return t("layers.unread");
      if ((layer === "explicit" || layer === "watermark") && isUnlooked(report, looked)) return t("layers.unlooked");
      return t("layers.none");
    })();
    const broken = found.some(({ integrity }) => integrity === "broken");
    const kind = found.length === 0 ? "empty" : broken ? "broken" : "found";
    return h(
      "li",
      { class: `layer l-${kind}` },
      icon(layer),
      h("span", { class: "layer-name" }, t(`layer.${layer}`)),
      h("span", { class: "layer-state" }, state, broken && ` · ${word("integrity", "broken")}`),
    );
  };
  return h("ul", { class: "layers" }, ...LAYERS.map(cell));
}

function banner(item: Item, report: Report): HTMLElement {
  const lines: Child[] = [
    h("p", { class: "status-word" }, statusWord(report)),
    h("p", { class: "status-text" }, statusText(report, store.get().declared)),
    isBroken(report) && h("p", { class: "status-broken" }, icon("broken"), t("status.broken.text")),
  ];
  return h(
    "div",
    { class: `status s-${report.status}`, attrs: { "aria-label": t("status.title"), role: "group" } },
    h("span", { class: "status-icon" }, icon(report.status)),
    h("div", {}, ...lines),
    lookButton(item, report),
  );
}

/** What the rule sets and the findings come to; each leads to its section. */
function glance(report: Report): HTMLElement {
  const leads = (id: string, shade: string, mark: string, ...text: Child[]): HTMLElement => {
    const go = (): void => {
      const title = byId(id).querySelector("h3");
      title?.focus({ preventScroll: true });
      title?.scrollIntoView({ block: "start" });
    };
    return h("li", {}, h("button", { class: `chip ${shade}`, attrs: { type: "button" }, on: { click: go } }, icon(mark), h("span", {}, ...text)));
  };
  const worst = heaviest(report);
  return h(
    "ul",
    { class: "glance", attrs: { "aria-label": t("glance.title") } },
    ...report.verdicts.map(({ profile, outcome }) =>
      leads("rules", `o-${outcome}`, outcomeIcon(outcome), h("span", { class: "chip-name said" }, word("profile", profile).split(/[:\uff1a]/)[0] ?? profile), " ", word("outcome", outcome)),
    ),
    report.verdicts.length === 0 && leads("rules", "", "not_checkable", t("glance.unasked")),
    worst !== null && leads("findings", `f-${worst}`, worst, t("glance.findings", { count: number(report.findings.length) })),
  );
}

function lookButton(item: Item, report: Report): HTMLElement | null {
  if (!isUnlooked(report, item.looked)) return null;
  const kind = report.modality === "audio" || report.modality === "video" ? report.modality : "image";
  const busy = item.state !== "done" && item.look;
  return h(
    "div",
    { class: "look" },
    h(
      "button",
      {
        key: "look",
        attrs: { type: "button", "aria-disabled": busy ? "true" : null },
        on: { click: () => { if (!busy) engine.again(item, true); } },
      },
      icon("look"),
      busy ? t("look.busy") : t(`look.${kind}`),
    ),
    whole > 0 && h("p", { class: "hint" }, t("look.text", { size: size(whole) })),
  );
}

function errorBox(item: Item): HTMLElement | null {
  const { error } = item;
  if (error === null) return null;
  const { message, hint: given } = engine.errorText(error);
  const advice = error.kind === "internal" ? t("report.failed") : hint(error.code, given, libraryLanguage().tag);
  return h(
    "div",
    { class: "finding f-error", attrs: { role: "group" } },
    h("span", { class: "finding-mark" }, icon("error")),
    h(
      "div",
      {},
      h("p", { class: "finding-text" }, h("strong", {}, t("report.error")), " ", h("code", {}, fileText(error.code))),
      h("p", {}, own(message, libraryLanguage().tag)),
      advice !== null && h("p", { class: "finding-hint" }, advice),
    ),
  );
}

function head(item: Item): HTMLElement {
  const { report } = item;
  const facts =
    report === null
      ? t("label.bytes", { bytes: number(item.file.size) })
      : t("report.facts", { format: report.format, modality: word("modality", report.modality), bytes: number(report.bytes) });
  const back = h(
    "button",
    { class: "quiet back", attrs: { type: "button" }, on: { click: () => byId("list").querySelector<HTMLElement>("[aria-current]")?.focus() } },
    icon("back"),
    t("report.back"),
  );
  return h(
    "header",
    { class: "report-head" },
    engine.all().length > 1 && back,
    h("h2", { id: "report-title", attrs: { tabindex: "-1" } }, fileText(item.name, { long: 300 })),
    h("p", { class: "facts" }, facts),
  );
}

function rawSection(item: Item, report: Report): HTMLElement {
  const text = (): string => JSON.stringify({ ...report, file: item.name }, null, 2);
  const out = h("div", { class: "raw" });
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text());
    announce(t("report.copied"));
  };
  const fill = (): void => {
    if (out.childElementCount > 0) return;
    out.append(
      h(
        "div",
        { class: "row-actions" },
        h("button", { class: "quiet", attrs: { type: "button" }, on: { click: () => void copy() } }, icon("copy"), t("report.copy")),
        h(
          "button",
          {
            class: "quiet",
            attrs: { type: "button" },
            on: { click: () => save(new Blob([text()], { type: "application/json" }), "biaoshi-report.json") },
          },
          icon("save"),
          t("report.save"),
        ),
      ),
      h("pre", { attrs: { tabindex: "0", role: "region", "aria-label": t("report.raw") } }, fileText(text(), { lines: true, long: 400_000 })),
    );
  };
  const details = h("details", { class: "fold" }, h("summary", { key: "raw" }, t("report.raw")), out);
  details.addEventListener("toggle", fill);
  return details;
}

/** Shows a file's report in `root`; what had the focus keeps it. */
export function show(root: HTMLElement, item: Item | null, focus: boolean): void {
  const key = (document.activeElement as HTMLElement | null)?.dataset["key"];
  const held = root.contains(document.activeElement);
  const open = current === item ? [...root.querySelectorAll<HTMLElement>("details[open] > summary[data-key]")].map((node) => node.dataset["key"]) : [];
  if (current !== item) {
    preview?.close();
    hex?.close();
    preview = null;
    hex = null;
    current = item;
  }
  root.hidden = item === null;
  root.replaceChildren();
  if (item === null) return;
  root.append(head(item), ...body(item));
  for (const node of root.querySelectorAll<HTMLElement>("details > summary[data-key]")) {
    if (open.includes(node.dataset["key"])) (node.parentElement as HTMLDetailsElement).open = true;
  }
  const again = key === undefined ? null : root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  if (focus || (held && again === null)) root.querySelector<HTMLElement>("#report-title")?.focus({ preventScroll: held });
  else if (held) again?.focus({ preventScroll: true });
}

function body(item: Item): HTMLElement[] {
  const { report } = item;
  const failed = errorBox(item);
  if (report === null || item.state === "failed") {
    if (failed === null) return [h("p", { class: "waiting" }, icon("waiting"), item.state === "reading" ? t("list.reading") : t(item.state === "cancelled" ? "list.cancelled" : "list.waiting")), retry(item)].filter((node) => node !== null);
    return [failed];
  }
  preview ??= new Preview(item);
  hex ??= new HexView(item.file);
  const views = { preview, hex };
  const shows: Shows = {
    bytes: (site, from) => views.hex.show(site, from),
    rect: (index) => views.preview.point(index),
    play: (ms) => views.preview.play(ms),
  };
  preview.report(report);
  hex.retell();
  return [
    ...(failed === null ? [] : [failed]),
    banner(item, report),
    glance(report),
    layersRow(report, item.looked),
    preview.node,
    evidenceSection(report, item.looked, shows),
    hex.node,
    findingsSection(report, item.lang, shows),
    rulesSection(report, item.lang),
    dutiesSection(report, item.lang),
    rawSection(item, report),
  ];
}

function retry(item: Item): HTMLElement | null {
  if (item.state !== "cancelled") return null;
  return h("button", { attrs: { type: "button" }, on: { click: () => engine.again(item) } }, icon("retry"), t("list.retry"));
}
