/** The one place that calls the library. It lies beside this script, in `biaoshi/`. */

// @ts-ignore: copied into the extension by the build
import { verify as run } from "./biaoshi/index.js";
import type { Report } from "../shared/report";
import type { Outcome, Why } from "../shared/state";
import type { Settings } from "../shared/settings";

interface Failure { kind?: string; code?: string; message?: string; texts?: Record<string, { message?: string }> }

const WHY: Record<string, Why> = {
  unsupported: "unsupported", limit: "limit", malformed: "malformed", io: "malformed",
};

const verify = run as (content: Blob | Uint8Array, options: object) => Promise<Report>;

/** Reads and judges content. It rejects only where the signal has ended it. */
export async function examine(content: Blob | Uint8Array, settings: Settings, lang: "en" | "zh", signal: AbortSignal): Promise<Outcome> {
  const options = {
    profiles: settings.profiles,
    look: "nothing",
    lang,
    signal,
    limits: { file_bytes: 64 * 1024 ** 3 },
    ...(settings.anchors.trim() && { trust: settings.anchors }),
  };
  try {
    const report = await verify(content, options);
    if (report.modality === "text") return { ok: false, refusal: { why: "not_media", detail: report.format, lang: "en" } };
    return { ok: true, report };
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    if (thrown instanceof Stop) return { ok: false, refusal: thrown.refusal };
    const error = thrown as Failure;
    const detail = error.texts?.[lang]?.message ?? String(error.message ?? thrown);
    return { ok: false, refusal: { why: WHY[error.kind ?? ""] ?? "internal", detail, lang: lang === "zh" ? "zh-Hans" : "en" } };
  }
}

/** What is wrong with trust anchors, in the library's words; empty if nothing is. */
export async function checkAnchors(anchors: string, lang: "en" | "zh"): Promise<string> {
  try {
    await verify(PIXEL, { trust: anchors, look: "nothing", lang });
    return "";
  } catch (thrown) {
    const error = thrown as Failure;
    return error.texts?.[lang]?.message ?? String(error.message ?? thrown);
  }
}

/** A GIF of one pixel. */
const PIXEL = Uint8Array.from(atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"), (c) => c.charCodeAt(0));

/** Thrown where reading has to end with an answer of its own. */
export class Stop extends Error {
  constructor(readonly refusal: { why: Why; origin?: string }) {
    super(refusal.why);
  }
}
