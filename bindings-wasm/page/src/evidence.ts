/** The evidence, layer by layer: what was found, where, what it states, and whether that can be believed. */
import { h, tn, type Child } from "./dom.js";
import { number, t, word, type Key } from "./i18n/index.js";
import { icon } from "./icons.js";
import type { Shows } from "./report.js";
import { fileText } from "./safe.js";
import type { Evidence, Fields, Notice, Report, Signer, Site, Stated } from "./types.js";
import { LAYERS, layerOf, type Layer } from "./words.js";

type Row = [string, Child] | null;

function rows(list: readonly Row[]): HTMLElement {
  const out = h("dl", { class: "rows" });
  for (const row of list) {
    if (row !== null) out.append(h("div", {}, h("dt", {}, row[0]), h("dd", {}, row[1])));
  }
  return out;
}

function textRow(key: Key, value: string | null | undefined): Row {
  return value === null || value === undefined || value === "" ? null : [t(key), fileText(value)];
}

export function siteText(site: Site): DocumentFragment {
  return tn("row.site", { slot: fileText(site.slot), offset: number(site.offset), length: number(site.length) });
}

function labelRows(label: Fields): Row[] {
  const first = label.content_propagator === label.content_producer && label.propagate_id === label.produce_id;
  const same = first && label.content_propagator !== "";
  return [
    [t("row.label"), label.label === "" ? t("row.empty") : fileText(label.label)],
    [t("row.producer"), label.content_producer === "" ? t("row.empty") : fileText(label.content_producer)],
    [t("row.produce_id"), label.produce_id === "" ? t("row.empty") : fileText(label.produce_id)],
    same ? [t("row.propagator"), t("row.same")] : textRow("row.propagator", label.content_propagator),
    same ? null : textRow("row.propagate_id", label.propagate_id),
    textRow("row.reserved1", label.reserved_code1),
    textRow("row.reserved2", label.reserved_code2),
  ];
}

function signerName(signer: Signer): Node | string {
  const { name, organization } = signer;
  if (name !== null && organization !== null) {
    return tn("row.signer.of", { name: fileText(name), organization: fileText(organization) });
  }
  const one = name ?? organization;
  return one === null ? t("row.signer.unnamed") : fileText(one);
}

function signerRows(signer: Signer, trusted: boolean): Row[] {
  return [
    [t(trusted ? "row.signer.trusted" : "row.signer"), signerName(signer)],
    textRow("row.issuer", signer.issuer),
    textRow("row.algorithm", signer.algorithm),
    textRow("row.time", signer.time),
  ];
}

function seconds(ms: number): string {
  return number(ms / 1000, 1);
}

function noticeRow(notice: Notice): Row {
  const facts: Child[] = [];
  if (notice.form === "rhythm") facts.push(t("row.notice.rhythm"));
  if (notice.text !== null && notice.text !== undefined) facts.push(h("strong", {}, fileText(notice.text)));
  if (notice.at) facts.push(word("at", notice.at));
  if (typeof notice.height_permille === "number") {
    facts.push(t("row.notice.height", { percent: number(notice.height_permille / 10, 1) }));
  }
  if (typeof notice.start_ms === "number" && typeof notice.duration_ms === "number") {
    facts.push(t("row.notice.time", { from: seconds(notice.start_ms), long: seconds(notice.duration_ms) }));
  }
  if (!notice.both_elements) facts.push(t("row.notice.lacks"));
  if (notice.reader === "ocr") facts.push(t("row.notice.ocr"));
  const out = document.createDocumentFragment();
  facts.forEach((fact, at) => out.append(...(at === 0 ? [] : [" · "]), fact as Node | string));
  return [t("row.notice"), out];
}

function statedRow(stated: Stated): Row {
  const given = Object.entries(stated).filter((entry): entry is [string, string] => typeof entry[1] === "string" && entry[1] !== "");
  if (given.length === 0) return null;
  const list = h("ul", { class: "plain" });
  for (const [name, value] of given) list.append(h("li", {}, `${word("stated", name)}: `, fileText(value)));
  return [t("row.stated"), list];
}

function integrity(evidence: Evidence): HTMLElement {
  const { integrity: state, key } = evidence;
  const strong = state === "intact" && (key === "trusted" || key === "pinned");
  const shade = state === "intact" && !strong ? "weak" : state;
  const text = state === "intact" && key ? word("key", key) : word("integrity", state, ".text");
  return h(
    "p",
    { class: `integrity i-${shade}` },
    icon(state),
    h("span", {}, h("strong", {}, word("integrity", state)), ` · ${text}`),
  );
}

function actions(evidence: Evidence, index: number, shows: Shows): HTMLElement {
  const out = h("div", { class: "row-actions" });
  const { notice, site } = evidence;
  const carrier = word("carrier", evidence.carrier);
  if (notice?.rect) {
    const point = h("button", { class: "quiet", key: `rect-${index}`, attrs: { type: "button" } }, icon("explicit"), t("ev.show"));
    point.addEventListener("click", () => shows.rect(index));
    out.append(point);
  }
  if (typeof notice?.start_ms === "number") {
    const from = notice.start_ms;
    const play = h("button", { class: "quiet", key: `play-${index}`, attrs: { type: "button" } }, icon("play"), t("ev.play", { from: seconds(from) }));
    play.addEventListener("click", () => shows.play(from));
    out.append(play);
  }
  if (site.length > 0) {
    const attrs = { type: "button", "aria-label": t("ev.bytes.of", { carrier }) };
    const bytes = h("button", { class: "quiet", key: `bytes-${index}`, attrs }, icon("bytes"), t("ev.bytes"));
    bytes.addEventListener("click", () => shows.bytes(site, bytes));
    out.append(bytes);
  }
  return out;
}

function more(evidence: Evidence): HTMLElement | null {
  const codes = [...(evidence.codes ?? []), ...(evidence.signals ?? [])];
  if (codes.length === 0) return null;
  const list = h("ul", { class: "plain codes" });
  for (const code of codes) list.append(h("li", {}, h("code", {}, fileText(code))));
  return h("details", { class: "fold small" }, h("summary", {}, t("row.codes")), list);
}

function card(evidence: Evidence, index: number, shows: Shows): HTMLElement {
  const { site, label, signer } = evidence;
  const trusted = evidence.key === "trusted" || evidence.key === "pinned";
  return h(
    "li",
    { class: "evidence" },
    h("div", { class: "evidence-head" }, h("h4", {}, word("carrier", evidence.carrier)), integrity(evidence)),
    rows([
      [t("row.states"), h("span", { class: `claim c-${evidence.claim}` }, word("claim", evidence.claim))],
      evidence.notice ? noticeRow(evidence.notice) : null,
      ...(label ? labelRows(label) : []),
      textRow("row.source", evidence.source_type),
      textRow("row.dialect", evidence.dialect),
      evidence.stated ? statedRow(evidence.stated) : null,
      ...(signer ? signerRows(signer, trusted) : []),
      evidence.bound ? [t("row.bound"), word("bound", evidence.bound)] : null,
      [t("row.place"), siteText(site)],
    ]),
    more(evidence),
    actions(evidence, index, shows),
  );
}

function layerBlock(layer: Layer, cards: HTMLElement[]): HTMLElement {
  return h(
    "section",
    { class: "layer-block" },
    h("div", { class: "layer-head" }, icon(layer), h("h3", {}, t(`layer.${layer}`)), h("p", { class: "hint" }, t(`layer.${layer}.text`))),
    h("ul", { class: "cards" }, ...cards),
  );
}

/** The layers in which something was found; the row above tells of the others. Empty without any. */
export function evidenceSection(report: Report, _looked: boolean, shows: Shows): HTMLElement {
  const out = h("section", { class: "block", attrs: { "aria-label": t("layers.title") } });
  const numbered = report.evidence.map((evidence, index) => ({ evidence, index }));
  for (const layer of LAYERS) {
    const mine = numbered.filter(({ evidence }) => layerOf(evidence) === layer);
    if (mine.length > 0) out.append(layerBlock(layer, mine.map(({ evidence, index }) => card(evidence, index, shows))));
  }
  out.hidden = out.childElementCount === 0;
  return out;
}
