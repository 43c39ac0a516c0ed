/** A whole report, for people. */

import type { Words } from "../shared/i18n";
import { type Evidence, type Report, oneLine, standing } from "../shared/report";
import { profileKey, protectionSentence } from "../shared/wording";
import { make } from "./dom";

const LONGEST_VALUE = 300;
const MOST_ROWS = 60;

/** Fields of the AIGC object, by their names in the standard. */
const FIELDS: Record<string, string> = {
  label: "Label",
  content_producer: "ContentProducer",
  produce_id: "ProduceID",
  reserved_code1: "ReservedCode1",
  content_propagator: "ContentPropagator",
  propagate_id: "PropagateID",
  reserved_code2: "ReservedCode2",
};

function row(list: HTMLDListElement, name: string, value: unknown, lang = ""): void {
  const text = oneLine(value, LONGEST_VALUE);
  if (!text) return;
  const cell = make("dd", lang ? { lang } : { dir: "auto" }, text);
  list.append(make("dt", {}, name), cell);
}

function evidenceView(words: Words, evidence: Evidence): HTMLElement {
  const { say } = words;
  const list = make("dl");
  row(list, say("field_states"), say(`claim_${evidence.claim}`), words.tag);
  const integrity = evidence.integrity === "intact" && evidence.key
    ? `${say("integrity_intact")} ${say(`key_${evidence.key}`)}${evidence.bound === "nothing" ? say("bound_nothing") : ""}`
    : say(`integrity_${evidence.integrity}`);
  row(list, say("field_integrity"), integrity, words.tag);
  row(list, say("field_place"), evidence.site?.slot);
  row(list, say("field_source_type"), evidence.source_type);
  const signer = evidence.signer;
  if (signer) {
    row(list, say("field_signer"), signer.organization || signer.name);
    row(list, say("field_issuer"), signer.issuer);
    row(list, say("field_time"), signer.time);
  }
  for (const [key, name] of Object.entries(FIELDS)) row(list, name, evidence.label?.[key]);
  row(list, say("field_system"), evidence.stated?.system);
  return make("li", {}, make("strong", { lang: words.tag }, say(`carrier_${evidence.carrier}`)), list);
}

/** The report as a list of its parts. */
export function reportView(words: Words, report: Report): HTMLElement {
  const { say } = words;
  const view = make("div", { class: "report" });
  view.append(make("p", { lang: words.tag }, say(`status_${report.status}`)));
  if (report.status !== "none") view.append(make("p", { class: "note", lang: words.tag }, protectionSentence(words, standing(report))));
  if (report.evidence.length > 0) {
    const list = make("ul", {}, ...report.evidence.slice(0, MOST_ROWS).map((one) => evidenceView(words, one)));
    view.append(make("h2", {}, say("part_evidence")), list);
  }
  if (report.verdicts.length > 0) {
    const list = make("ul");
    for (const verdict of report.verdicts) list.append(make("li", {}, `${say(profileKey(verdict.profile))}: ${say(`outcome_${verdict.outcome}`)}`));
    view.append(make("h2", {}, say("part_verdicts")), list);
  }
  if (report.findings.length > 0) {
    const list = make("ul");
    for (const finding of report.findings.slice(0, MOST_ROWS)) {
      const entry = make("li", {}, make("span", { lang: words.libraryTag }, oneLine(finding.message, LONGEST_VALUE)));
      const hint = oneLine(finding.hint, LONGEST_VALUE);
      if (hint) entry.append(" ", make("span", { class: "hint", lang: words.libraryTag }, hint));
      entry.append(" ", make("span", { class: "hint" }, `[${oneLine(finding.code)}; ${oneLine(finding.clause, 120)}]`));
      list.append(entry);
    }
    view.append(make("h2", {}, say("part_findings")), list);
  }
  view.append(rawView(words, report));
  return view;
}

/** The report's JSON, written out only when it is asked for. */
function rawView(words: Words, report: Report): HTMLElement {
  const raw = make("details", {}, make("summary", {}, words.say("part_raw")));
  raw.addEventListener("toggle", () => {
    if (raw.open && raw.childElementCount === 1) raw.append(make("pre", { tabindex: "0" }, JSON.stringify(report, null, 1).slice(0, 200_000)));
  });
  return raw;
}
