/** Findings, verdicts of the rule sets, and what has to be done. */
import { h, tn, type Child } from "./dom.js";
import { siteText } from "./evidence.js";
import { checkName, number, t, word } from "./i18n/index.js";
import { icon } from "./icons.js";
import { hint, own } from "./own.js";
import type { Shows } from "./report.js";
import { fileText } from "./safe.js";
import type { Check, Duty, Finding, Report, Verdict } from "./types.js";

function finding(found: Finding, index: number, lang: string, shows: Shows): HTMLElement {
  const { severity, site } = found;
  const advice = hint(found.code, found.hint, lang);
  const bytes = site && site.length > 0 ? h("button", { class: "quiet", key: `finding-${index}`, attrs: { type: "button" } }, icon("bytes"), t("ev.bytes")) : null;
  if (bytes !== null && site) {
    bytes.setAttribute("aria-label", t("ev.bytes.of", { carrier: found.code }));
    bytes.addEventListener("click", () => shows.bytes(site, bytes));
  }
  return h(
    "li",
    { class: `finding f-${severity}` },
    h("span", { class: "finding-mark" }, icon(severity)),
    h(
      "div",
      {},
      h("p", { class: "finding-text" }, h("strong", { class: "severity said" }, word("severity", severity)), " ", own(found.message, lang)),
      advice !== null && h("p", { class: "finding-hint" }, h("span", { class: "said" }, t("findings.hint")), " ", advice),
      h(
        "p",
        { class: "finding-source" },
        h("code", {}, fileText(found.code)),
        found.clause !== "" && h("span", {}, own(found.clause, lang)),
        site && h("span", {}, siteText(site)),
      ),
    ),
    bytes,
  );
}

export function findingsSection(report: Report, lang: string, shows: Shows): HTMLElement {
  const order = ["error", "warning", "info"];
  const sorted = [...report.findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return h(
    "section",
    { class: "block", id: "findings" },
    h("h3", { attrs: { tabindex: "-1" } }, t("findings.title")),
    sorted.length === 0
      ? h("p", { class: "hint" }, t("findings.none"))
      : h("ul", { class: "findings" }, ...sorted.map((found, index) => finding(found, index, lang, shows))),
  );
}

function tags(check: Check): Child[] {
  const out: Child[] = [];
  if (check.recommended === true) out.push(h("span", { class: "tag" }, t("verdict.recommended")));
  if (check.sure !== undefined && check.sure !== "stated") out.push(h("span", { class: "tag" }, word("sure", check.sure)));
  return out;
}

function checkRow(check: Check, lang: string): HTMLElement {
  const because = (check.findings ?? []).length > 0;
  return h(
    "li",
    { class: `check-row r-${check.result}` },
    h("span", { class: "check-mark" }, icon(check.result)),
    h(
      "div",
      {},
      h("p", {}, h("span", { class: "check-name" }, checkName(check.id)), " ", h("span", { class: "check-result" }, word("result", check.result)), ...tags(check)),
      check.reason ? h("p", { class: "check-why" }, word("reason", check.reason)) : null,
      because && h("p", { class: "check-why" }, tn("verdict.because", { codes: h("code", {}, fileText((check.findings ?? []).join(", "))) })),
      h("p", { class: "check-source" }, h("code", {}, fileText(check.id)), own(check.clause, lang)),
    ),
  );
}

function verdict(given: Verdict, lang: string, open: boolean): HTMLElement {
  const by = (result: string): Check[] => given.checks.filter((check) => check.result === result);
  const [pass, fail] = [by("pass"), by("fail")];
  const shown = [...fail, ...pass, ...by("not_checkable")];
  const others = by("not_applicable").length;
  const sum = t("verdict.sum", { pass: number(pass.length), all: number(pass.length + fail.length) });
  return h(
    "details",
    { class: `verdict o-${given.outcome}`, attrs: { open: open ? "" : null } },
    h(
      "summary",
      { key: `verdict-${given.profile}` },
      h("span", { class: "verdict-mark" }, icon(outcomeIcon(given.outcome))),
      h(
        "span",
        { class: "verdict-head" },
        h("span", { class: "verdict-name" }, word("profile", given.profile)),
        h("span", { class: "verdict-outcome" }, word("outcome", given.outcome)),
        !["not_applicable", "not_found"].includes(given.outcome) && h("span", { class: "verdict-sum" }, sum),
      ),
    ),
    h("ul", { class: "checks" }, ...shown.map((check) => checkRow(check, lang))),
    others > 0 && h("p", { class: "hint" }, t("verdict.others", { count: number(others) })),
  );
}

/** The icon of an outcome. */
export function outcomeIcon(outcome: string): string {
  const names: Record<string, string> = { compliant: "pass", noncompliant: "fail", inconclusive: "inconclusive" };
  return names[outcome] ?? "not_checkable";
}

export function rulesSection(report: Report, lang: string): HTMLElement {
  const { verdicts } = report;
  return h(
    "section",
    { class: "block", id: "rules" },
    h("h3", { attrs: { tabindex: "-1" } }, t("verdicts.title")),
    verdicts.length === 0 && h("p", { class: "hint" }, t("verdicts.none")),
    ...verdicts.map((given) => verdict(given, lang, false)),
  );
}

function duty(owed: Duty, lang: string): HTMLElement {
  const list = (items: readonly string[]): HTMLElement => h("code", {}, fileText(items.join(", ")));
  const texts = owed.texts ?? [];
  const writes = (owed.writes ?? []).map(({ key, value }) => (value ? `${key} = ${value}` : key));
  const record = (owed.record ?? []).map((name) => word("duty.record", name)).join(", ");
  const row = (label: string, value: Child): HTMLElement => h("p", { class: "duty-row" }, h("span", { class: "duty-label" }, `${label}: `), value);
  return h(
    "li",
    { class: "duty" },
    h("p", { class: "duty-head" }, h("strong", {}, word("duty", owed.kind)), h("span", { class: "tag" }, word("who", owed.who)),
      owed.sure !== "stated" && h("span", { class: "tag" }, word("sure", owed.sure))),
    texts.length > 0 &&
      h("ul", { class: "duty-texts" }, ...texts.map(({ language, text }) => {
        const words = fileText(text);
        words.lang = language;
        return h("li", {}, words);
      })),
    writes.length > 0 && row(t("duty.fields"), list(writes)),
    (owed.keep ?? []).length > 0 && row(t("duty.keep"), list(owed.keep ?? [])),
    record !== "" && row(t("duty.record"), record),
    typeof owed.months === "number" && h("p", { class: "duty-row" }, t("duty.months", { count: number(owed.months) })),
    owed.from ? h("p", { class: "duty-row" }, t("duty.from", { date: owed.from })) : null,
    owed.note !== "" && h("p", { class: "duty-note" }, own(owed.note, lang)),
    h("p", { class: "check-source" }, own(owed.clause, lang)),
  );
}

export function dutiesSection(report: Report, lang: string): HTMLElement {
  const none = report.verdicts.length === 0 ? "duties.unasked" : "duties.none";
  return h(
    "section",
    { class: "block" },
    h("h3", {}, t("duties.title")),
    report.duties.length === 0
      ? h("p", { class: "hint" }, t(none))
      : h("ul", { class: "duties" }, ...report.duties.map((owed) => duty(owed, lang))),
  );
}
