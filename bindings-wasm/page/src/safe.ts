/**
 * Strings of files. They are never markup: text nodes alone carry them. Control characters, direction
 * controls and invisible characters are shown as their numbers, and each string is isolated, so that it
 * can't turn the text around it.
 */
import { t, type Key } from "./i18n/index.js";

type Kind = "bidi" | "control" | "hidden";

const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufff9-\ufffb]|[\ud800-\udfff]/u;
const HIDDEN =
  /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;

const PICTURE = /\p{Extended_Pictographic}|\p{Emoji_Modifier}/u;
const JOINER = /[\u200d\ufe0f]/u;

const NAMES: Readonly<Record<Kind, Key>> = { bidi: "ctl.bidi", control: "ctl.control", hidden: "ctl.hidden" };

function kindOf(char: string): Kind | null {
  if (BIDI.test(char)) return "bidi";
  if (CONTROL.test(char)) return "control";
  return HIDDEN.test(char) ? "hidden" : null;
}

function number(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

export interface Piece {
  text: string;
  kind: Kind | null;
}

/** A string split into what can be shown as it is, and what can't. `lines` keeps line ends and tabs. */
export function pieces(text: string, lines = false): Piece[] {
  const out: Piece[] = [];
  let plain = "";
  let emoji = false;
  for (const char of text) {
    // The joiners inside of an emoji belong to it.
    const joins: boolean = emoji && JOINER.test(char);
    emoji = joins || PICTURE.test(char);
    const kind = joins || (lines && (char === "\n" || char === "\t")) ? null : kindOf(char);
    if (kind === null) {
      plain += char;
      continue;
    }
    if (plain !== "") out.push({ text: plain, kind: null });
    plain = "";
    out.push({ text: number(char), kind });
  }
  if (plain !== "") out.push({ text: plain, kind: null });
  return out;
}

/** The string for places that take plain text alone: names, live regions, attributes. */
export function plain(text: string): string {
  const shown = pieces(text).map((piece) => (piece.kind === null ? piece.text : `⟨${piece.text}⟩`));
  return `\u2068${shown.join("")}\u2069`;
}

/** A longer string is cut here; the raw report has the whole. */
const LONGEST = 4000;

/** The string as an isolated element. */
export function fileText(text: string, options: { lines?: boolean; long?: number } = {}): HTMLElement {
  const out = document.createElement("bdi");
  out.className = "file-text";
  const long = options.long ?? LONGEST;
  const cut = text.length > long;
  for (const piece of pieces(cut ? text.slice(0, long) : text, options.lines)) {
    if (piece.kind === null) {
      out.append(piece.text);
      continue;
    }
    const mark = document.createElement("span");
    mark.className = "ctl";
    mark.title = t(NAMES[piece.kind]);
    mark.textContent = piece.text;
    out.append(mark);
  }
  if (cut) out.append("…");
  return out;
}
