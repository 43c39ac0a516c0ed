/** Reads media again, within bounds. */

import { patternOf } from "../shared/settings";
import type { Why } from "../shared/state";
import type { Share } from "./budget";
import { Stop } from "./library";

export interface Bounds { limit: number; cookies: boolean; signal: AbortSignal; share: Share }

/** Fewest bytes asked for at first where ranges will do. */
const FIRST = 256 * 1024;

/** Whether the user allowed the extension to read from this origin. */
export async function isAllowed(origin: string): Promise<boolean> {
  try {
    return await chrome.permissions.contains({ origins: [patternOf(origin)] });
  } catch {
    return false;
  }
}

async function ask(url: string, bounds: Bounds, range?: [number, number]): Promise<Response> {
  const how: RequestInit = {
    credentials: bounds.cookies ? "include" : "omit",
    // What the page has just loaded need not be sent again; pieces must fit each other.
    cache: "force-cache",
    referrerPolicy: "no-referrer",
    // Where an address leads on to is known only once it was asked: into a private network, perhaps.
    redirect: "manual",
    signal: bounds.signal,
    ...(range && { headers: { Range: `bytes=${range[0]}-${range[1] - 1}` } }),
  };
  let answer: Response;
  try {
    answer = await fetch(url, how);
  } catch {
    throw new Stop({ why: "network" });
  }
  if (answer.type === "opaqueredirect") throw new Stop({ why: "redirect" });
  if (!answer.ok) {
    void answer.body?.cancel();
    throw new Stop({ why: "http" });
  }
  return answer;
}

/** Bytes that will arrive, if the server says so. */
function declaredLength(answer: Response): number {
  const encoded = (answer.headers.get("content-encoding") ?? "identity") !== "identity";
  const length = Number(answer.headers.get("content-length") ?? 0);
  return encoded || !Number.isSafeInteger(length) || length < 0 ? 0 : length;
}

/** All bytes of an answer, held once; never more than the limit. */
export async function bytesOf(answer: Response, limit: number, share: Share): Promise<Uint8Array<ArrayBuffer>> {
  const declared = declaredLength(answer);
  const most = declared || limit;
  const reader = answer.body?.getReader();
  let buffer: ArrayBuffer;
  let held = 0;
  try {
    if (declared > limit) throw new Stop({ why: "too_large" });
    await share.reach(declared, most);
    // Grows where it is: joining parts would take as much again.
    buffer = new ArrayBuffer(declared, { maxByteLength: most });
    for (;;) {
      const next = await reader?.read();
      if (!next || next.done) break;
      const to = held + next.value.byteLength;
      if (to > limit) throw new Stop({ why: "too_large" });
      if (to > most) throw new Stop({ why: "network" });
      if (to > buffer.byteLength) {
        await share.reach(to, most);
        buffer.resize(Math.min(most, Math.max(to, buffer.byteLength * 2)));
      }
      new Uint8Array(buffer).set(next.value, held);
      held = to;
    }
  } catch (error) {
    void reader?.cancel().catch(() => undefined);
    throw error instanceof Stop ? error : new Stop({ why: "network" });
  }
  if (held === 0 || held < declared) throw new Stop({ why: "network" });
  buffer.resize(held);
  return new Uint8Array(buffer);
}

/** A file on a server, of which pieces are fetched as they are asked for. */
export class RemoteBlob extends Blob {
  private spent = 0;

  constructor(
    private readonly url: string,
    private readonly total: number,
    private readonly tag: string,
    private head: Uint8Array<ArrayBuffer>,
    private readonly bounds: Bounds,
  ) {
    super();
  }

  override get size(): number {
    return this.total;
  }

  override slice(start = 0, end = this.total): Blob {
    const piece = new Blob();
    Object.defineProperty(piece, "arrayBuffer", { value: () => this.fetch(start, Math.min(end, this.total)) });
    return piece;
  }

  private async fetch(start: number, end: number): Promise<ArrayBuffer> {
    if (end <= this.head.byteLength) return this.head.slice(start, end).buffer;
    this.spent += end - start;
    if (this.spent > this.bounds.limit) throw new Stop({ why: "too_large" });
    const answer = await ask(this.url, this.bounds, [start, end]);
    const range = contentRange(answer);
    const same = answer.status === 206 && range?.start === start && range.total === this.total && validator(answer) === this.tag;
    if (!same) {
      void answer.body?.cancel();
      throw new Stop({ why: "network" });
    }
    // Pieces stay with the reader until it has ended.
    await this.bounds.share.reach(this.spent, this.bounds.limit);
    const bytes = await bytesOf(answer, end - start, this.bounds.share);
    if (bytes.byteLength !== end - start) throw new Stop({ why: "network" });
    return bytes.buffer;
  }
}

function validator(answer: Response): string {
  return answer.headers.get("etag") ?? answer.headers.get("last-modified") ?? "";
}

function contentRange(answer: Response): { start: number; total: number } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(answer.headers.get("content-range") ?? "");
  if (!match) return undefined;
  const [start, total] = [Number(match[1]), Number(match[2])];
  return Number.isSafeInteger(total) ? { start, total } : undefined;
}

/** The content at an http or https address: its bytes, or, where `pieces` will do, a file read by ranges. */
export async function readHttp(url: string, bounds: Bounds, pieces: boolean): Promise<Blob | Uint8Array<ArrayBuffer>> {
  const { limit, share } = bounds;
  if (!pieces) return bytesOf(await ask(url, bounds), limit, share);
  const first = await ask(url, bounds, [0, FIRST]);
  const range = contentRange(first);
  if (first.status !== 206 || range?.start !== 0) return bytesOf(first, limit, share);
  const head = await bytesOf(first, FIRST, share);
  if (head.byteLength >= range.total) return head;
  return new RemoteBlob(url, range.total, validator(first), head, bounds);
}

/** The content of a data: address. */
export async function readData(url: string, bounds: Bounds): Promise<Uint8Array<ArrayBuffer>> {
  if (url.length > bounds.limit * 3) throw new Stop({ why: "too_large" });
  let answer: Response;
  try {
    answer = await fetch(url);
  } catch {
    throw new Stop({ why: "malformed" satisfies Why });
  }
  return bytesOf(answer, bounds.limit, bounds.share);
}
