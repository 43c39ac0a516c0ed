/** Sentences about reports; the words are in `_locales`. */

import type { Words } from "./i18n";
import type { BadgeFace } from "./messages";
import type { Standing, Status } from "./report";
import type { Refusal } from "./state";

/** How the statement is protected, in a few words. */
export function protectionNote(words: Words, standing: Standing): string {
  const { protection, signer } = standing;
  if (protection === "trusted") return signer ? words.say("note_trusted", signer) : words.say("note_trusted_unnamed");
  return words.say(`note_${protection}`);
}

/** The same as a sentence. */
export function protectionSentence(words: Words, standing: Standing): string {
  const { protection, signer } = standing;
  const named = signer && ["trusted", "unbound", "embedded", "expired"].includes(protection);
  return named ? words.say(`signed_${protection}`, signer) : words.say(`signed_${protection}_unnamed`);
}

/** What a badge says; null where there is nothing to show. */
export function faceOf(words: Words, status: Status, standing: Standing, showNone: boolean): BadgeFace | null {
  if (status === "none") {
    if (!showNone) return null;
    return { tone: status, text: words.say("badge_none"), note: "", title: words.say("status_none"), lang: words.tag };
  }
  const text = words.say(`badge_${status}`);
  const note = protectionNote(words, standing);
  const title = words.say("badge_title", words.say(`status_${status}`), protectionSentence(words, standing));
  return { tone: status, text, note, title, lang: words.tag };
}

/** Why there is no report, as a sentence. */
export function refusalSentence(words: Words, refusal: Refusal, megabytes: number): string {
  if (refusal.why === "too_large") return words.say("why_too_large", megabytes);
  if (refusal.why === "permission") return words.say("why_permission", refusal.origin ?? "");
  return words.say(`why_${refusal.why}`);
}

/** The key of a profile's name. */
export const profileKey = (profile: string) => `profile_${profile.replaceAll("-", "_")}`;
