/** What a report means, in the words of the page. */
import { t, word, type Key } from "./i18n/index.js";
import type { Item } from "./engine.js";
import type { Evidence, Report } from "./types.js";

export const LAYERS = ["explicit", "metadata", "manifest", "watermark", "vendor"] as const;
export type Layer = (typeof LAYERS)[number];

/** The layer of a piece of evidence. */
export function layerOf(evidence: Evidence): Layer {
  const { carrier, kind } = evidence;
  if (kind === "explicit" || carrier === "explicit_notice") return "explicit";
  if (carrier.startsWith("c2pa_")) return "manifest";
  if (carrier === "vendor_mark" || carrier === "generator_trace") return "vendor";
  return kind === "implicit_content" ? "watermark" : "metadata";
}

/** Whether a signature or binding in the file is broken. */
export function isBroken(report: Report): boolean {
  return report.evidence.some(({ integrity }) => integrity === "broken");
}

/** Whether the library tells apart "not there" from "nobody looked" for notices in this content. */
export function isUnlooked(report: Report, looked: boolean): boolean {
  return !looked && ["image", "audio", "video"].includes(report.modality);
}

/** The word for what the file states; marks that speak of something else are told apart from none. */
export function statusWord(report: Report): string {
  return report.status === "none" && report.evidence.length > 0 ? t("status.other") : word("status", report.status);
}

/** The sentence on what the file states (Measures, Article 6). Never more than the file shows. */
export function statusText(report: Report, declared: boolean): string {
  const claims = (claim: string): boolean => report.evidence.some((evidence) => evidence.claim === claim);
  const has = (code: string): boolean => report.findings.some((finding) => finding.code === code);
  const key = ((): Key => {
    switch (report.status) {
      case "confirmed":
        return "status.confirmed.text";
      case "possible":
        return declared && !claims("possibly_ai") ? "status.declared.text" : "status.possible.text";
      case "suspected":
        return claims("suspected_ai") ? "status.suspected.text" : "status.traces.text";
      case "inconclusive":
        return "status.inconclusive.text";
      default:
        if (report.evidence.length > 0) return "status.other.text";
        return has("file.truncated") || has("file.malformed") ? "status.damaged.text" : "status.none.text";
    }
  })();
  return t(key);
}

/** The state of a file in the list: the name of its icon and colour, and a word or two. */
export function badge(item: Item): { name: string; text: string } {
  if (item.report !== null && item.state !== "failed") {
    const text = statusWord(item.report);
    return { name: item.report.status, text: isBroken(item.report) ? `${text} · ${t("list.broken")}` : text };
  }
  switch (item.state) {
    case "reading":
      return { name: "waiting", text: t("list.reading") };
    case "failed":
      return { name: "failed", text: t("list.failed") };
    case "cancelled":
      return { name: "none", text: t("list.cancelled") };
    default:
      return { name: "waiting", text: t("list.waiting") };
  }
}

/** The heaviest severity of a report's findings. */
export function heaviest(report: Report): "error" | "warning" | "info" | null {
  for (const severity of ["error", "warning", "info"] as const) {
    if (report.findings.some((finding) => finding.severity === severity)) return severity;
  }
  return null;
}
