import { type Content, type Source, near, reading, settled } from "./content.js";
import { BiaoshiError, translated } from "./errors.js";
import type { Label, Notice, Sign } from "./label.js";
import type { Claim, Bound, Inspection, Integrity, Key, ReceiptFields, Report, Status } from "./types.js";

export type Lang = "en" | "zh";

/** What every call takes. */
export interface Options {
  /** Name of the file: kinds of text are told apart by its ending, and the report holds it. */
  name?: string;
  /** Bounds on memory and work, by the names of `about().limits`. A stream or response is held whole:
   * 256 MiB of it unless `file_bytes` says otherwise; a blob is read by slices. */
  limits?: Record<string, number>;
  /** Ends the work: pieces of a blob are not fetched any more. Work that has all its bytes goes on
   * to its end, unless it is a pool's. */
  signal?: AbortSignal;
}

/** What verifying takes. */
export interface VerifyOptions extends Options {
  /** The rule sets that judge, by id; `cn-gb45438` where there are none. */
  profiles?: string[];
  /** Certificates and public keys whose owners you know, PEM. */
  trust?: string | string[];
  /** Whether the user who published the content declared it (Measures, Article 6 (2)). */
  declared?: boolean;
  /** Where notices for people are looked for: `words` of texts and documents unless told;
   * `everything` decodes pictures and sound, with the large module. */
  look?: "nothing" | "words" | "everything";
  /** Language of the texts in the report. */
  lang?: Lang;
}

/** What labelling takes. */
export interface LabelOptions extends Options {
  /** The rule sets that the label has to serve, by id; `cn-gb45438` where there are none. */
  profiles?: string[];
  /** The notice that people perceive; drawn at the bottom right unless told. */
  notice?: Notice;
  /** Who signs. */
  sign?: Sign;
  /** Title of the manifest. */
  title?: string;
  /** Whether the AI fields of IPTC 2025.1 are written. */
  iptcAiFields?: boolean;
  /** Whether pictures and sound (WAV, FLAC) also get an imperceptible watermark of the label, which
   * anyone can read; it changes every pixel or sample a little. */
  watermark?: boolean;
  lang?: Lang;
}

/** What propagating takes. */
export interface PropagateOptions extends Options {
  profiles?: string[];
  /** The platform's number for this content (`PropagateID`); one is made where it is missing. */
  id?: string;
  reservedCode2?: string;
  /** Whether the user declared the content: without another mark it is labelled `"2"`. */
  declared?: boolean;
  /** Whether traces of generation were found: without another mark it is labelled `"3"`. */
  detected?: boolean;
  sign?: Sign;
  /** Signs although the manifest that is there does not hold. */
  signOverBroken?: boolean;
  lang?: Lang;
}

/** What was done. */
export type Receipt = ReceiptFields & {
  /** What else there is to know. */
  notes: string[];
  /** What the verifier says about the output. */
  report: Report;
};

/** Labelled content: a blob where a blob was given (a file keeps its name), else bytes. */
export interface Labelled<C extends Content = Content> {
  content: C extends Blob ? Blob : Uint8Array<ArrayBuffer>;
  receipt: Receipt;
}

/** A piece of evidence, as far as the status depends on it. */
export interface Statement {
  claim: Claim;
  integrity: Integrity;
  key?: Key | null;
  bound?: Bound | null;
}

/** The rule sets, and the bounds with their defaults. */
export interface About {
  version: string;
  profiles: string[];
  limits: Record<string, number>;
}

/** The functions of a WebAssembly module. */
export interface Module {
  about(): string;
  verify(content: Source, options: string): string;
  inspect(content: Source, options: string): string;
  readLabel(value: Uint8Array): string;
  readProviderCode(text: string): string;
  decide(statements: string, declared: boolean): string;
  label?(content: Source, label: string, options: string): Written;
  propagate?(content: Source, propagator: string, options: string): Written;
}

interface Written {
  content: Uint8Array<ArrayBuffer>;
  receipt: string;
  free(): void;
}

/** `small` reads metadata of pictures, sound, films and texts; `manifests` documents, certificates and
 * C2PA manifests too; `whole` does everything. */
export type Which = "small" | "manifests" | "whole";

/** A module, and how a fresh one is had after it stopped. */
export interface Loaded {
  module: Module;
  reset(): void;
}

export type Load = (which: Which) => Promise<Loaded>;

/** What the package does. */
export interface Api {
  verify(content: Content, options?: VerifyOptions): Promise<Report>;
  inspect(content: Content, options?: Options): Promise<Inspection>;
  label<C extends Content>(content: C, label: Label | string, options?: LabelOptions): Promise<Labelled<C>>;
  propagate<C extends Content>(content: C, propagator: string, options?: PropagateOptions): Promise<Labelled<C>>;
  readLabel(value: string | Uint8Array): Promise<unknown>;
  readProviderCode(text: string): Promise<unknown>;
  decide(statements: Statement[], declared?: boolean): Promise<Status>;
  about(): Promise<About>;
}

/** Finding of a manifest that the small module can't check. */
const NOT_CHECKED = "manifest.not_checked";

/** The module that has the part that another lacks, by the code of the error that says so. */
const BIGGER: Record<string, Which> = {
  "build.documents": "manifests",
  "build.certificates": "manifests",
  "build.charsets": "whole",
  "build.look": "whole",
  "build.pdf_manifests": "whole",
};

/** Calls with a module, and with a larger one where it lacks a part that the content takes. */
async function able<T>(which: Which, call: (which: Which) => Promise<T>): Promise<T> {
  try {
    return await call(which);
  } catch (error) {
    const bigger = error instanceof BiaoshiError ? BIGGER[error.code] : undefined;
    if (bigger === undefined || which === "whole" || bigger === which) throw error;
    return able(bigger, call);
  }
}

/** Settings as a module reads them. */
function settings(options: object): string {
  const { signal: _signal, trust, sign, ...rest } = options as VerifyOptions & LabelOptions;
  return JSON.stringify({
    ...rest,
    ...(trust !== undefined && { trust: typeof trust === "string" ? [trust] : trust }),
    ...(sign !== undefined && { sign: { ...sign, now: Math.floor(Date.now() / 1000) } }),
  });
}

/** The name of a file, where none was given. */
export function named<O extends Options>(content: Content, options: O): O {
  const name = typeof File !== "undefined" && content instanceof File ? content.name : "";
  return options.name === undefined && name ? { ...options, name } : options;
}

/** The functions over what loads the modules. */
export function api(load: Load): Api {
  async function work<T>(
    which: Which,
    content: Blob | Uint8Array,
    signal: AbortSignal | undefined,
    call: (module: Module, source: Source) => T,
  ): Promise<T> {
    const loaded = await load(which);
    return reading(content, signal, (source) => call(loaded.module, source), (thrown) => own(loaded, thrown));
  }

  /** An error of a module; one that stopped is started anew. */
  function own({ reset }: Loaded, thrown: unknown): unknown {
    const error = translated(thrown);
    if (error instanceof BiaoshiError && error.code === "js.trap") {
      try {
        reset();
      } catch (why) {
        // Pages may not start large modules at once.
        error.cause = why;
      }
    }
    return error;
  }

  const plain = async <T>(call: (module: Module) => string): Promise<T> => {
    const loaded = await load("small");
    try {
      return JSON.parse(call(loaded.module)) as T;
    } catch (thrown) {
      throw own(loaded, thrown);
    }
  };

  async function written<C extends Content>(
    content: C,
    given: Options,
    call: (module: Module, source: Source, options: string) => Written | undefined,
  ): Promise<Labelled<C>> {
    const options = named(content, given);
    const asked = settings(options);
    const held = await near(await settled(content, options.limits?.["file_bytes"], options.signal), options.signal);
    const [bytes, receipt] = await work("whole", held, options.signal, (module, source) => {
      const out = call(module, source, asked);
      if (!out) throw new TypeError("the module can't write");
      try {
        return [out.content, JSON.parse(out.receipt) as Receipt] as const;
      } finally {
        out.free();
      }
    });
    return { content: likewise(content, bytes), receipt } as Labelled<C>;
  }

  return {
    async verify(content, given = {}) {
      const options = named(content, given);
      const asked = settings(options);
      const held = await near(await settled(content, options.limits?.["file_bytes"], options.signal), options.signal);
      const verify = async (which: Which) =>
        JSON.parse(await work(which, held, options.signal, (module, source) => module.verify(source, asked))) as Report;
      if (options.look === "everything") return verify("whole");
      const report = await able("small", verify);
      return report.findings.some((finding) => finding.code === NOT_CHECKED) ? able("manifests", verify) : report;
    },

    async inspect(content, given = {}) {
      const options = named(content, given);
      const asked = settings(options);
      const held = await near(await settled(content, options.limits?.["file_bytes"], options.signal), options.signal);
      const inspect = async (which: Which) =>
        JSON.parse(await work(which, held, options.signal, (module, source) => module.inspect(source, asked))) as Inspection;
      return able("small", inspect);
    },

    label: (content, label, options = {}) =>
      written(content, options, (module, source, asked) =>
        module.label?.(source, JSON.stringify(typeof label === "string" ? { producer: label } : label), asked),
      ),

    propagate: async (content, propagator, options = {}) =>
      written(content, options, (module, source, asked) => module.propagate?.(source, string(propagator), asked)),

    readLabel: async (value) => {
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
      if (!(bytes instanceof Uint8Array)) throw new TypeError("a string or a Uint8Array is needed");
      return plain((module) => module.readLabel(bytes));
    },
    readProviderCode: async (text) => plain((module) => module.readProviderCode(string(text))),
    decide: (statements, declared = false) => plain((module) => module.decide(JSON.stringify(statements), declared)),
    about: () => plain((module) => module.about()),
  };
}

/** What has to be a string. */
function string(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a string is needed");
  return value;
}

/** Bytes in the form of what was given. */
export function likewise(content: Content, bytes: Uint8Array<ArrayBuffer>): Blob | Uint8Array<ArrayBuffer> {
  if (typeof File !== "undefined" && content instanceof File) return new File([bytes], content.name, { type: content.type });
  return content instanceof Blob ? new Blob([bytes], { type: content.type }) : bytes;
}
