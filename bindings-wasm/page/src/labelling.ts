/** The reverse: a form that labels a file in this page. A key is held in memory alone, until it is forgotten. */
import { announce, byId, h, save, type Child } from "./dom.js";
import * as engine from "./engine.js";
import * as filefields from "./filefields.js";
import { LANGUAGES, NAMES, libraryLanguage, number, t, type Key } from "./i18n/index.js";
import { icon } from "./icons.js";
import { hint, own } from "./own.js";
import { fileText, plain } from "./safe.js";
import { get } from "./store.js";
import type { CodeAnswer, Failure, LabelOptions, Level, Made, NoticeWanted, PropagateOptions, Receipt } from "./types.js";

interface Pem {
  name: string;
  text: string;
}

interface Done {
  content: Blob;
  receipt: Receipt;
  name: string;
  lang: string;
  task: Task;
}

/** What is written: a producer's label, or a platform's record beside it (Measures, Article 6). */
type Task = "label" | "propagate";

const WORDS: Readonly<Record<Task, { who: string; id: string; missing: Key; go: Key; done: Key; unchanged: Key; failed: Key }>> = {
  label: { who: "producer", id: "produce-id", missing: "label.producer.none", go: "label.go", done: "label.done", unchanged: "label.unchanged", failed: "label.failed" },
  propagate: {
    who: "propagator", id: "propagate-id", missing: "label.propagator.none", go: "label.propagate.go", done: "label.propagate.done",
    unchanged: "label.propagate.unchanged", failed: "label.propagate.failed",
  },
};

let chain: Pem | null = null;
let key: Pem | null = null;
let last: Done | null = null;
let failed: { error: Failure; task: Task } | null = null;
let busy = false;
/** Which question about a code was asked last, per field. */
const asked = new Map<string, number>();
let open: (content: Blob, name: string) => void = () => undefined;

function error(id: string, text: string | null): void {
  const node = byId(id);
  node.hidden = text === null;
  node.textContent = text ?? "";
  const field = node.closest(".field")?.querySelector("input");
  if (text === null) field?.removeAttribute("aria-invalid");
  else field?.setAttribute("aria-invalid", "true");
}

/** Whether something is meant as a provider code: long, and of its characters. */
function meantAsCode(text: string): boolean {
  return /^[0-9A-Za-z\uff10-\uff5a]{20,34}$/u.test(text) && (text.match(/[0-9]/g)?.length ?? 0) >= 8;
}

/** What the answer about a provider code means. */
export function codeText(answer: CodeAnswer): string {
  const { result, reason } = answer;
  const service = answer.service ?? "";
  if (result === "valid") {
    return t("label.code.valid", { credit: answer.credit_code ?? "", service, extension: answer.extension ?? "" });
  }
  if (result === "acceptable") return t("label.code.acceptable", { service });
  const values = {
    found: plain(String(reason?.found ?? "")),
    due: reason?.due ?? 27,
    position: reason?.position ?? 0,
    likely: reason?.likely ?? "",
    right: reason?.right ?? "",
  };
  const code = reason?.code === "character" && reason.likely ? "likely" : (reason?.code ?? "length");
  const known: Key[] = ["label.code.length", "label.code.character", "label.code.likely", "label.code.format", "label.code.subject", "label.code.binding", "label.code.check_digit"];
  return t(known.find((name) => name === `label.code.${code}`) ?? "label.code.length", values);
}

function task(): Task {
  return byId<HTMLInputElement>("task-propagate").checked ? "propagate" : "label";
}

/** Says what is made of a provider code or name. */
async function checkWho(id: string): Promise<void> {
  const field = byId<HTMLInputElement>(id);
  const state = byId(`${id}-state`);
  const text = field.value.trim();
  const turn = (asked.get(id) ?? 0) + 1;
  asked.set(id, turn);
  const set = (kind: string, mark: string, words: string): void => {
    state.className = `live ${kind}`;
    state.replaceChildren(...(words === "" ? [] : [icon(mark), h("span", {}, words)]));
  };
  if (text === "") return set("", "info", "");
  if (!meantAsCode(text)) return set("", "info", t("label.code.name"));
  try {
    const answer = (await (await engine.library()).readProviderCode(text)) as CodeAnswer;
    if (turn !== asked.get(id)) return;
    const good = answer.result !== "invalid";
    set(good ? "good" : "bad", good ? "pass" : "warning", codeText(answer));
  } catch {
    set("", "info", "");
  }
}

async function readPem(input: HTMLInputElement, wanted: RegExp): Promise<Pem | null> {
  const file = input.files?.[0];
  if (file === undefined || file.size > 1_000_000) return null;
  const text = await file.text();
  return wanted.test(text) ? { name: file.name, text } : null;
}

/** Whether a key is one of SM2 (its curve is named in it): it signs the label itself, without a certificate. */
function isSm2(pem: string): boolean {
  try {
    return atob(pem.replace(/-----[^-]*-----|\s/g, "")).includes("\x2a\x81\x1c\xcf\x55\x01\x82\x2d");
  } catch {
    return false;
  }
}

function showSign(bad: string | null = null): void {
  const node = byId("sign-state");
  const loaded = [chain, key].filter((pem) => pem !== null).map(({ name }) => t("label.sign.loaded", { name: plain(name) }));
  node.className = bad === null ? "live" : "live bad";
  node.textContent = bad ?? loaded.join(" · ");
  byId("forget").hidden = chain === null && key === null;
}

function forget(): void {
  chain = null;
  key = null;
  byId<HTMLInputElement>("chain").value = "";
  byId<HTMLInputElement>("key").value = "";
  filefields.retell();
  showSign();
}

function startSign(): void {
  const take = (id: string, wanted: RegExp, put: (pem: Pem | null) => void): void => {
    const input = byId<HTMLInputElement>(id);
    input.addEventListener("change", () => {
      void readPem(input, wanted).then((pem) => {
        put(pem);
        const name = input.files?.[0]?.name;
        showSign(pem === null && name !== undefined ? t("label.sign.bad", { name: plain(name) }) : null);
      });
    });
  };
  take("chain", /-----BEGIN CERTIFICATE-----/, (pem) => (chain = pem));
  take("key", /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/, (pem) => (key = pem));
  byId("forget").addEventListener("click", () => {
    forget();
    byId("key").focus();
  });
  // A page that comes back from the history holds no key.
  window.addEventListener("pagehide", forget);
}

function value(id: string): string {
  return byId<HTMLInputElement | HTMLSelectElement>(id).value.trim();
}

/** The first thing that is missing, told beside its field. */
function missing(): HTMLElement | null {
  const waived = task() === "label" && value("corner") === "none";
  const file = byId<HTMLInputElement>("label-file");
  const tests: [boolean, string, Key, HTMLElement][] = [
    [file.files?.length !== 1, "label-file-error", "label.file.none", file],
    [waived && value("waived") === "", "waived-error", "label.notice.reason.none", byId("waived")],
  ];
  let first: HTMLElement | null = null;
  for (const [bad, id, text, field] of tests) {
    error(id, bad ? t(text) : null);
    if (bad) first ??= field;
  }
  const words = WORDS[task()];
  const who = byId(words.who);
  if (value(words.who) === "") {
    const state = byId(`${words.who}-state`);
    state.className = "live bad";
    state.replaceChildren(icon("warning"), h("span", {}, t(words.missing)));
    who.setAttribute("aria-invalid", "true");
    first ??= who;
  } else who.removeAttribute("aria-invalid");
  if (key === null ? chain !== null : chain === null && !isSm2(key.text)) {
    byId<HTMLDetailsElement>("sign-fold").open = true;
    showSign(t("label.sign.both"));
    first ??= byId(chain === null ? "chain" : "key");
  }
  return first;
}

/** What either task takes. */
function common(name: string): Pick<LabelOptions & PropagateOptions, "name" | "profiles" | "sign"> {
  const { profiles } = get();
  return {
    name,
    ...(profiles.length > 0 && { profiles: [...profiles] }),
    ...(key !== null && { sign: { ...(chain !== null && { chain: chain.text }), key: key.text } }),
  };
}

function labelOptions(name: string): LabelOptions {
  const corner = value("corner");
  const languages = [...byId("notice-languages").querySelectorAll<HTMLInputElement>("input:checked")].map((box) => box.value);
  const notice: NoticeWanted = corner === "none" ? { waived: value("waived") } : { corner: corner as NonNullable<NoticeWanted["corner"]>, languages };
  return { ...common(name), notice };
}

/** Does what is asked for with the values of the form. */
function written(file: File): Promise<{ content: Blob; receipt: Receipt }> {
  const words = WORDS[task()];
  const id = value(words.id);
  if (task() === "label") {
    const fields = { producer: value(words.who), level: value("level") as Level, ...(id === "" ? {} : { produceId: id }) };
    return engine.label(file, fields, labelOptions(file.name));
  }
  const checked = (box: string): boolean => byId<HTMLInputElement>(box).checked;
  const statements = { declared: checked("declared"), detected: checked("detected"), ...(id === "" ? {} : { id }) };
  return engine.propagate(file, value(words.who), { ...common(file.name), ...statements });
}

function outName({ name, task: what }: Done): string {
  const word = what === "label" ? "labelled" : "propagated";
  const dot = name.lastIndexOf(".");
  return dot > 0 ? `${name.slice(0, dot)}.${word}${name.slice(dot)}` : `${name}.${word}`;
}

async function submit(event: SubmitEvent): Promise<void> {
  event.preventDefault();
  if (busy) return;
  const first = missing();
  if (first !== null) {
    first.focus();
    return;
  }
  const file = byId<HTMLInputElement>("label-file").files?.[0];
  if (file === undefined) return;
  last = null;
  failed = null;
  setBusy(true);
  announce(t("label.busy"));
  const what = task();
  try {
    last = { ...(await written(file)), name: file.name, lang: libraryLanguage().tag, task: what };
  } catch (thrown) {
    failed = { error: engine.failure(thrown), task: what };
  }
  setBusy(false);
  show(true);
}

function setBusy(on: boolean): void {
  busy = on;
  const button = byId("label-go");
  button.textContent = t(on ? "label.busy" : WORDS[task()].go);
  if (on) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}

/** The words of a notice; a sound has a rhythm instead. */
function noticeLines(notice: Made | null): string[] {
  if (notice === null) return [];
  if (notice.form === "sound") return [t("row.notice.rhythm")];
  return notice.form === "video" ? notice.drawn.lines : notice.lines;
}

function receiptRows(done: Done): HTMLElement {
  const { receipt, content } = done;
  const out = h("dl", { class: "rows" });
  const row = (label: string, ...children: Child[]): void => void out.append(h("div", {}, h("dt", {}, label), h("dd", {}, ...children)));
  const lines = noticeLines(receipt.notice);
  if (lines.length > 0) row(t("label.notice"), fileText(lines.join(" · ")));
  else if (receipt.notice_waived) row(t("label.notice"), t("label.notice.none"), ": ", fileText(receipt.notice_waived));
  if (receipt.notice?.form === "picture" && receipt.reencoded !== null) row(t("label.pixels"), t(`label.pixels.${receipt.reencoded}`));
  row(t("label.section.sign").replace(/\s*[(（].*$/, ""), receipt.signed || receipt.sealed ? t("label.signed") : t("label.unsigned"));
  row(t("label.size"), t("label.bytes", { bytes: number(content.size) }));
  return out;
}

function button(text: string, mark: string, kind: string, run: () => void): HTMLElement {
  return h("button", { class: kind, attrs: { type: "button" }, on: { click: run } }, icon(mark), text);
}

function doneCard(done: Done): HTMLElement {
  const name = outName(done);
  const words = WORDS[done.task];
  const json = (): Blob => new Blob([JSON.stringify(done.receipt, null, 2)], { type: "application/json" });
  const notes = done.receipt.notes.map((note) => h("li", {}, own(note, done.lang)));
  return h(
    "section",
    { class: "card done" },
    h("h2", { attrs: { tabindex: "-1" } }, icon("pass"), t(done.receipt.changed === false ? words.unchanged : words.done)),
    h("div", { class: "row-actions" },
      button(t("label.save"), "save", "primary", () => save(done.content, name)),
      button(t("label.receipt.save"), "save", "quiet", () => save(json(), `${name}.receipt.json`)),
      button(t("label.verify"), "look", "quiet", () => open(done.content, name))),
    h("h3", {}, t("label.receipt")),
    receiptRows(done),
    notes.length > 0 && h("ul", { class: "plain" }, ...notes),
  );
}

function failedCard(thrown: Failure, what: Task): HTMLElement {
  const { message, hint: given } = engine.errorText(thrown);
  const { tag } = libraryLanguage();
  const advice = hint(thrown.code, given, tag);
  return h(
    "section",
    { class: "card finding f-error" },
    h("span", { class: "finding-mark" }, icon("error")),
    h("div", {},
      h("h2", { attrs: { tabindex: "-1" } }, t(WORDS[what].failed)),
      h("p", {}, own(message, tag), " ", h("code", {}, fileText(thrown.code))),
      advice !== null && h("p", { class: "finding-hint" }, advice)),
  );
}

function show(focus: boolean): void {
  const root = byId("label-result");
  root.replaceChildren(...(last !== null ? [doneCard(last)] : failed !== null ? [failedCard(failed.error, failed.task)] : []));
  if (!focus) return;
  const title = root.querySelector<HTMLElement>("h2");
  title?.focus({ preventScroll: true });
  root.scrollIntoView({ block: "nearest" });
  const words = WORDS[last?.task ?? failed?.task ?? "label"];
  announce(t(last !== null ? words.done : words.failed));
}

/** Says everything again in the language of now. */
export function retell(): void {
  show(false);
  showSign();
  filefields.retell();
  setBusy(busy);
  for (const { who } of Object.values(WORDS)) void checkWho(who);
}

/** Shows the fields of what is to be written. */
function showTask(): void {
  const what = task();
  byId("for-label").hidden = byId("for-notice").hidden = what !== "label";
  byId("for-propagate").hidden = what !== "propagate";
  setBusy(busy);
}

export function start(openReport: (content: Blob, name: string) => void): void {
  open = openReport;
  const languages = byId("notice-languages");
  for (const language of LANGUAGES) {
    const box = h("input", { attrs: { type: "checkbox", value: language } });
    box.checked = language === "zh-Hans";
    languages.append(h("label", { class: "check" }, box, h("span", { attrs: { lang: language } }, NAMES[language])));
  }
  byId("corner").addEventListener("change", () => {
    const none = value("corner") === "none";
    byId("waived-field").hidden = !none;
    languages.hidden = none;
  });
  for (const { who } of Object.values(WORDS)) byId(who).addEventListener("input", () => void checkWho(who));
  for (const id of ["task-label", "task-propagate"]) byId(id).addEventListener("change", showTask);
  // A page that was reloaded may come with another choice.
  showTask();
  filefields.start();
  startSign();
  byId("label-form").addEventListener("submit", (event) => void submit(event as SubmitEvent));
}
