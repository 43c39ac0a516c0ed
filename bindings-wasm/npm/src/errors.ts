/** Who can act on an error, as in the other languages. */
export type ErrorKind = "io" | "malformed" | "unsupported" | "limit" | "invalid" | "refused" | "signing" | "internal";

/** What a module throws, as JSON. The first text is English, the second Chinese. */
interface Thrown {
  kind: ErrorKind;
  code: string;
  message: [string, string];
  hint: [string, string];
  offset: number | null;
}

/** What went wrong: who can act (`kind`), a stable `code`, and what to do (`hint`). */
export class BiaoshiError extends Error {
  /** Who can act. */
  readonly kind: ErrorKind;
  /** Stable, for example `format.unknown`. */
  readonly code: string;
  /** What to do about it, in English; may be empty. */
  readonly hint: string;
  /** The byte of the content where it was noticed. */
  readonly offset: number | undefined;
  /** What happened, and what to do, in English and Chinese. */
  readonly texts: { readonly en: Text; readonly zh: Text };

  constructor(thrown: Thrown, options?: ErrorOptions) {
    super(thrown.message[0], options);
    this.name = "BiaoshiError";
    this.kind = thrown.kind;
    this.code = thrown.code;
    this.hint = thrown.hint[0];
    this.offset = thrown.offset ?? undefined;
    this.texts = {
      en: { message: thrown.message[0], hint: thrown.hint[0] },
      zh: { message: thrown.message[1], hint: thrown.hint[1] },
    };
  }
}

/** A text for people. */
export interface Text {
  message: string;
  hint: string;
}

/** An error of the JavaScript part. */
export function failure(kind: ErrorKind, code: string, en: string, zh: string, options?: ErrorOptions): BiaoshiError {
  return new BiaoshiError({ kind, code, message: [en, zh], hint: ["", ""], offset: null }, options);
}

/** What a module threw, as an error. */
export function translated(thrown: unknown): unknown {
  if (typeof thrown === "string") {
    return new BiaoshiError(JSON.parse(thrown) as Thrown);
  }
  // Browsers differ in what they call a stack that overflows.
  const overflow = thrown instanceof RangeError || (thrown as Error | null)?.name === "InternalError";
  if (thrown instanceof WebAssembly.RuntimeError || overflow) {
    return failure("internal", "js.trap", `the module stopped: ${(thrown as Error).message}`, `模块停止：${(thrown as Error).message}`, {
      cause: thrown,
    });
  }
  return thrown;
}

/** An error in a form that can be sent to another thread. */
export function packed(error: unknown): unknown {
  if (!(error instanceof BiaoshiError)) return error;
  const { kind, code, offset, texts } = error;
  return { biaoshi: { kind, code, offset: offset ?? null, message: [texts.en.message, texts.zh.message], hint: [texts.en.hint, texts.zh.hint] } };
}

/** The error that was sent. */
export function unpacked(value: unknown): unknown {
  const thrown = (value as { biaoshi?: Thrown } | null)?.biaoshi;
  return thrown ? new BiaoshiError(thrown) : value;
}
