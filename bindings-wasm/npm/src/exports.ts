export { type Content } from "./content.js";
export { BiaoshiError, type ErrorKind, type Text } from "./errors.js";
export type * from "./label.js";
export type * from "./types.js";
export type {
  About,
  Api,
  Labelled,
  LabelOptions,
  Lang,
  Options,
  PropagateOptions,
  Receipt,
  Statement,
  VerifyOptions,
} from "./api.js";
