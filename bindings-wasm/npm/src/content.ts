import { failure } from "./errors.js";

/** What can be read: a `File` is a `Blob`; a view is the bytes that it shows. */
export type Content = Blob | ArrayBuffer | SharedArrayBuffer | ArrayBufferView | Response | ReadableStream<Uint8Array>;

/** Bytes by offset, as a module reads them. */
export interface Source {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

/** A blob that gave fewer bytes than it has by its own account. */
function short(): Error {
  return failure("io", "io", "the content is shorter than it says", "内容比其声明的长度短");
}

/** What is thrown where bytes have to be fetched first. */
class Missing {
  constructor(
    readonly offset: number,
    readonly length: number,
  ) {}
}

/** Fewest bytes that are fetched at once, and most. */
const BLOCK = 64 * 1024;
const AHEAD = 8 * 1024 * 1024;
/** Most bytes of a blob that is fetched as a whole. */
const NEAR = 4 * 1024 * 1024;
/** Most bytes of a blob that are held where it can't be read piece by piece. */
const HELD = 512 * 1024 * 1024;

interface SyncReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/** A reader of blobs that waits: workers have one, pages and service workers have none. */
function syncReader(): SyncReader | undefined {
  const maker = (globalThis as { FileReaderSync?: new () => SyncReader }).FileReaderSync;
  return maker && new maker();
}

/** Bytes in memory, read where they are. */
class Memory implements Source {
  readonly size: number;

  constructor(private readonly bytes: Uint8Array) {
    this.size = bytes.byteLength;
  }

  read(offset: number, length: number): Uint8Array {
    return this.bytes.subarray(offset, offset + length);
  }
}

/** A blob, read piece by piece by a thread that may wait. */
class Waiting implements Source {
  readonly size: number;
  private start = 0;
  private bytes = new Uint8Array();
  private ahead = BLOCK;

  constructor(
    private readonly blob: Blob,
    private readonly reader: SyncReader,
  ) {
    this.size = blob.size;
  }

  read(offset: number, length: number): Uint8Array {
    const end = this.start + this.bytes.byteLength;
    if (offset < this.start || offset >= end) {
      // Each request takes a while, whatever its length: more at once where reading goes on.
      this.ahead = offset === end ? Math.min(this.ahead * 4, AHEAD) : BLOCK;
      const to = Math.min(offset + Math.max(length, this.ahead), this.size);
      this.start = offset;
      this.bytes = new Uint8Array(this.reader.readAsArrayBuffer(this.blob.slice(offset, to)));
      if (this.bytes.byteLength !== to - offset) throw short();
    }
    return this.bytes.subarray(offset - this.start, offset - this.start + length);
  }
}

/** A blob whose pieces are fetched between attempts. */
class Fetched implements Source {
  readonly size: number;
  missing: Missing | undefined;
  private pieces: { start: number; bytes: Uint8Array }[] = [];
  private held = 0;
  private ahead = BLOCK;
  private last = -1;

  constructor(private readonly blob: Blob) {
    this.size = blob.size;
  }

  read(offset: number, length: number): Uint8Array {
    for (const { start, bytes } of this.pieces) {
      if (start <= offset && offset < start + bytes.byteLength) {
        return bytes.subarray(offset - start, offset - start + length);
      }
    }
    this.missing = new Missing(offset, length);
    throw this.missing;
  }

  /** Fetches what was missing, and more where reading goes on. */
  async fetch(missing: Missing): Promise<void> {
    this.missing = undefined;
    const start = Math.floor(missing.offset / BLOCK) * BLOCK;
    this.ahead = start === this.last ? Math.min(this.ahead * 2, AHEAD) : BLOCK;
    const end = Math.min(Math.max(missing.offset + missing.length, start + this.ahead), this.size);
    this.held += end - start;
    // What is hashed needs every byte, and each fetch begins anew.
    const whole = this.held > AHEAD || this.held * 2 > this.size;
    if (whole && this.size > HELD) {
      throw failure(
        "limit",
        "js.blob_bytes",
        `all ${this.size} bytes of the content are needed, and only a worker reads that many: use biaoshi/pool`,
        `需要读取全部 ${this.size} 字节，只有 Worker 能够读取：请使用 biaoshi/pool`,
      );
    }
    const [from, to] = whole ? [0, this.size] : [start, end];
    const bytes = new Uint8Array(await this.blob.slice(from, to).arrayBuffer());
    if (bytes.byteLength !== to - from) throw short();
    this.pieces = whole ? [{ start: from, bytes }] : [...this.pieces, { start: from, bytes }];
    this.last = to;
  }
}

/** Counts what passes, and ends the stream where it is too much. */
function bounded(stream: ReadableStream<Uint8Array>, asked: number | undefined): ReadableStream<Uint8Array> {
  const most = asked ?? STREAM_BYTES;
  let seen = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        seen += chunk.byteLength;
        if (seen > most) {
          if (asked !== undefined) {
            throw failure(
              "limit",
              "limit",
              `file_bytes: more than ${most} bytes arrive`,
              `file_bytes：到达的数据超过 ${most} 字节`,
            );
          }
          throw failure(
            "limit",
            "js.stream_bytes",
            `more than ${most} bytes arrive, and all of a stream is held: say how many may be by limits.file_bytes, or give a Blob, which is read by slices`,
            `到达的数据超过 ${most} 字节，而流须全部保存在内存中：请用 limits.file_bytes 指定上限，或传入按片读取的 Blob`,
          );
        }
        controller.enqueue(chunk);
      },
    }),
  );
}

async function blobOf(stream: ReadableStream<Uint8Array> | null, most: number | undefined, signal?: AbortSignal): Promise<Blob> {
  if (!stream) return new Blob([]);
  const counted = bounded(stream, most);
  const held = new TransformStream<Uint8Array, Uint8Array>();
  const piped = counted.pipeTo(held.writable, signal ? { signal } : {});
  const [blob, done] = await Promise.allSettled([new Response(held.readable).blob(), piped]);
  // Why the stream ended says more than that it did.
  if (done.status === "rejected") throw done.reason;
  if (blob.status === "rejected") throw blob.reason;
  return blob.value;
}

/** Most bytes of a stream or response, unless a limit says otherwise: all of them are held. */
const STREAM_BYTES = 256 * 1024 ** 2;

/** What of any content can be sent to another thread: a blob or bytes. `most`: the limit that was asked for. */
export async function settled(content: Content, most?: number, signal?: AbortSignal): Promise<Blob | Uint8Array> {
  signal?.throwIfAborted();
  if (most !== undefined && !(most >= 0)) throw new RangeError("limits: file_bytes is no length");
  if (content instanceof Blob) return content;
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  if (typeof SharedArrayBuffer !== "undefined" && content instanceof SharedArrayBuffer) {
    // Another thread may write to it: what is judged is one state of it.
    return new Uint8Array(content).slice();
  }
  if (ArrayBuffer.isView(content)) {
    const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
    return content.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
  }
  if (content instanceof Response) {
    // A part of a file is no file.
    if (!content.ok || content.status === 206) {
      throw failure("io", "io", `the server answers ${content.status}`, `服务器返回 ${content.status}`);
    }
    return blobOf(content.body, most, signal);
  }
  if (content instanceof ReadableStream) return blobOf(content, most, signal);
  throw new TypeError("a Blob, File, ArrayBuffer, view, Response or ReadableStream is needed");
}

/** A small blob as bytes, so that it is fetched once and not once for each piece and module. */
export async function near(content: Blob | Uint8Array, signal?: AbortSignal): Promise<Blob | Uint8Array> {
  if (!(content instanceof Blob) || content.size > NEAR) return content;
  const bytes = new Uint8Array(await content.slice(0, content.size).arrayBuffer());
  signal?.throwIfAborted();
  if (bytes.byteLength !== content.size) throw short();
  return bytes;
}

/** What the content or the signal threw while a module read, which is not the module's own. */
class Foreign {
  constructor(readonly thrown: unknown) {}
}

/** Lets `call` read the content, which is fetched piece by piece where no thread may wait. What `call`
 * throws itself is handed to `own`. */
export async function reading<T>(
  content: Blob | Uint8Array,
  signal: AbortSignal | undefined,
  call: (source: Source) => T,
  own: (thrown: unknown) => unknown,
): Promise<T> {
  const reader = content instanceof Blob ? syncReader() : undefined;
  const source: Source =
    content instanceof Blob ? (reader ? new Waiting(content, reader) : new Fetched(content)) : new Memory(content);
  for (;;) {
    let foreign: Foreign | undefined;
    const heeded: Source = {
      size: source.size,
      read(offset, length) {
        try {
          signal?.throwIfAborted();
          return source.read(offset, length);
        } catch (thrown) {
          foreign ??= new Foreign(thrown);
          throw thrown;
        }
      },
    };
    let answer: { value: T } | { thrown: unknown };
    try {
      answer = { value: call(heeded) };
    } catch (thrown) {
      answer = { thrown };
    }
    if (source instanceof Fetched && source.missing) {
      signal?.throwIfAborted();
      await source.fetch(source.missing);
    } else if (foreign) {
      // Whatever the module made of it.
      throw foreign.thrown;
    } else if ("value" in answer) {
      return answer.value;
    } else {
      throw own(answer.thrown);
    }
  }
}
