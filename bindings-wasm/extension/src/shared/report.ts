/** What the extension takes from a report, and the words that it chooses for it. */

export type Status = "confirmed" | "possible" | "suspected" | "inconclusive" | "none";
export const STATUSES: readonly Status[] = ["confirmed", "possible", "suspected", "inconclusive", "none"];

export interface Signer {
  name?: string | null;
  organization?: string | null;
  issuer?: string | null;
  time?: string | null;
}

export interface Evidence {
  carrier: string;
  kind: string;
  site: { slot: string; [key: string]: unknown };
  claim: string;
  integrity: string;
  key?: string | null;
  bound?: string | null;
  label?: Record<string, string> | null;
  source_type?: string | null;
  signer?: Signer | null;
  stated?: Record<string, string | null> | null;
}

export interface Finding {
  code: string;
  severity: string;
  clause: string;
  message: string;
  hint: string;
}

export interface Report {
  format: string;
  modality: string;
  bytes: number;
  status: Status;
  evidence: Evidence[];
  findings: Finding[];
  verdicts: { profile: string; outcome: string }[];
}

/**
 * How far the statement about AI is protected; `broken` if any signature in the file is, `unbound` if a
 * known key signed it and no more: it may have been taken from other content.
 */
export type Protection = "trusted" | "unbound" | "embedded" | "expired" | "broken" | "unchecked" | "unsigned";

export interface Standing {
  protection: Protection;
  /** Who signed, as the certificate has it; a claim unless `trusted`. */
  signer: string;
}

const AI = new Set(["ai", "possibly_ai", "suspected_ai"]);
const LONGEST_NAME = 60;

/** A string from a file, made fit for one line: no control, direction or invisible characters. */
export function oneLine(text: unknown, longest = LONGEST_NAME): string {
  if (typeof text !== "string") return "";
  const plain = text.replace(/[\s\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\uFE00-\uFE0F]+/gu, " ").trim();
  const points = [...plain];
  return points.length > longest ? `${points.slice(0, longest - 1).join("")}…` : plain;
}

function signerName(evidence: Evidence): string {
  return oneLine(evidence.signer?.organization) || oneLine(evidence.signer?.name);
}

const isKnown = ({ integrity, key }: Evidence) => integrity === "intact" && (key === "trusted" || key === "pinned");

function isVouched(evidence: Evidence): boolean {
  return isKnown(evidence) && (evidence.bound === "content" || evidence.bound === "picture");
}

/** The signer of `evidence`, or of a manifest that covers it and that is vouched for as much. */
function named(all: Evidence[], evidence: Evidence): string {
  const fit = isVouched(evidence) ? isVouched : (other: Evidence) => other.integrity === "intact";
  const covering = all.find((other) => other.carrier === "c2pa_manifest" && fit(other));
  return signerName(evidence) || (covering ? signerName(covering) : "");
}

/** How the statements about AI in a report are protected. */
export function standing(report: Report): Standing {
  const claims = report.evidence.filter((evidence) => AI.has(evidence.claim));
  if (report.evidence.some((evidence) => evidence.integrity === "broken")) return { protection: "broken", signer: "" };
  const vouched = claims.find(isVouched);
  if (vouched) return { protection: "trusted", signer: named(report.evidence, vouched) };
  const unbound = claims.find(isKnown);
  if (unbound) return { protection: "unbound", signer: signerName(unbound) };
  const intact = claims.find((evidence) => evidence.integrity === "intact");
  if (intact) {
    const protection = intact.key === "expired" ? "expired" : "embedded";
    return { protection, signer: named(report.evidence, intact) };
  }
  const open = claims.concat(report.evidence).some((e) => e.integrity === "not_checked" || e.integrity === "unsupported");
  return { protection: open ? "unchecked" : "unsigned", signer: "" };
}
