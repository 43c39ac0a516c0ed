/** Texts of the library: English or simplified Chinese, whatever the page speaks, and marked so. */
import { isKey, t } from "./i18n/index.js";
import { fileText } from "./safe.js";

/** A text of the library, in the language that it has. */
export function own(text: string, lang: string): HTMLElement {
  const out = fileText(text);
  out.lang = lang;
  return out;
}

/**
 * A hint of the library. Those that name a command or its options are of no use in a page: it has its own
 * in their place, or leaves that part out.
 */
export function hint(code: string, text: string, lang: string): HTMLElement | string | null {
  const key = `hint.${code}`;
  if (isKey(key)) return t(key);
  const kept = text.replace(/[:\uff1a]\s*biaoshi\s.*$/u, "");
  const bare = kept === text || !/^(?:see\b|\u53c2\u89c1|\u67e5\u770b)/u.test(kept) ? kept : "";
  return bare === "" || /(?:^|[\s(\uff08])--[a-z]|\bbiaoshi [a-z]/u.test(bare) ? null : own(bare, lang);
}
