/** The shapes of the library, by the names that the page uses. */
import type { Api, Labelled, LabelOptions, PropagateOptions, VerifyOptions } from "../../npm/src/api.js";
import type { Label } from "../../npm/src/label.js";

export type { About, Api, LabelOptions, PropagateOptions, Receipt, VerifyOptions } from "../../npm/src/api.js";
export type { BiaoshiError } from "../../npm/src/errors.js";
export type { Label, Level, Notice as NoticeWanted } from "../../npm/src/label.js";
export type {
  Check,
  Duty,
  Evidence,
  Finding,
  LabelFields as Fields,
  Made,
  Perceived as Notice,
  Report,
  Severity,
  SignerInfo as Signer,
  Site,
  Stated,
  Verdict,
} from "../../npm/src/types.js";

/** The workers, as far as the page asks them. */
export interface Pool {
  verify: (content: Blob, options: VerifyOptions) => ReturnType<Api["verify"]>;
  label: (content: Blob, label: Label, options: LabelOptions) => Promise<Labelled<Blob>>;
  propagate: (content: Blob, propagator: string, options: PropagateOptions) => Promise<Labelled<Blob>>;
  close(): void;
}

/** What reading a provider code gives. */
export interface CodeAnswer {
  result: "valid" | "acceptable" | "invalid";
  credit_code?: string;
  service?: string;
  extension?: string;
  reason?: { code: string; found?: string | number; due?: number; position?: number; likely?: string | null; right?: string };
}

/** What went wrong: an error of the library, or one of the browser. */
export interface Failure {
  kind: string;
  code: string;
  texts: Readonly<Record<"en" | "zh", { message: string; hint: string }>>;
}
