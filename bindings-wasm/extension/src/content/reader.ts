/** Reads what only the page can: blob: addresses, and files of its own origin. */

import { isLocal } from "../shared/addresses";
import type { FromPage, ToPage, Unread } from "../shared/messages";

type Read = Extract<ToPage, { t: "read" }>;

/** Base64 without native help is made of pieces that fit the argument list. */
const PIECE = 0x8000;

function base64(bytes: Uint8Array): string {
  const modern = bytes as unknown as { toBase64?: () => string };
  if (typeof modern.toBase64 === "function") return modern.toBase64();
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return btoa(text);
}

/** Whether the page itself is of this machine or of a private network. */
function isHere(): boolean {
  try {
    return isLocal(new URL(self.origin).hostname);
  } catch {
    return false;
  }
}

export async function readHere({ ask, url, limit, cookies }: Read, binary: boolean): Promise<FromPage> {
  const no = (why: Unread): FromPage => ({ t: "unread", ask, why });
  const isBlob = url.startsWith("blob:");
  try {
    const credentials = cookies ? "include" : "omit";
    const answer = await fetch(url, isBlob ? {} : { credentials, cache: "force-cache", referrerPolicy: "no-referrer" });
    if (answer.redirected && isLocal(new URL(answer.url).hostname) && !isHere()) {
      void answer.body?.cancel();
      return no("local");
    }
    if (!answer.ok) return no("http");
    if (Number(answer.headers.get("content-length") ?? 0) > limit) {
      void answer.body?.cancel();
      return no("too_large");
    }
    const blob = await answer.blob();
    if (blob.size > limit) return no("too_large");
    const bytes = await blob.arrayBuffer();
    return { t: "bytes", ask, data: binary ? bytes : base64(new Uint8Array(bytes)) };
  } catch {
    return no(isBlob ? "gone" : "network");
  }
}
