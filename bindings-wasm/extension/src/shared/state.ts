/** What the background knows of a tab, as the popup shows it. */

import type { Kind, Seen } from "./messages";
import type { Report, Standing, Status } from "./report";

/** Why there is no report. */
export type Why =
  | "scheme" | "local" | "redirect" | "private" | "permission" | "too_large" | "http" | "network" | "gone" | "stream"
  | "not_media" | "unsupported" | "limit" | "malformed" | "internal";

export interface Refusal {
  why: Why;
  /** The origin to allow, for `permission`. */
  origin?: string;
  /** More about it, in English or Chinese, with its language. */
  detail?: string;
  lang?: string;
}

export type Outcome = { ok: true; report: Report } | { ok: false; refusal: Refusal };

/** Where on the page something stands. */
export interface Place { frame: number; id: number; seen: Seen }

export interface Item {
  key: string;
  /** Its address, shortened if it is a data: address. */
  url: string;
  kind: Kind;
  width: number;
  height: number;
  places: Place[];
  state: "waiting" | "done" | "refused";
  status?: Status;
  standing?: Standing;
  format?: string;
  refusal?: Refusal;
}

export interface TabView {
  tab: number;
  /** Origin of the page; empty if it has none that can be checked. */
  origin: string;
  /** Whether it is of a private window: nothing is kept of it, and nothing is asked for that would be. */
  isPrivate: boolean;
  /** Whether the page's script runs. */
  running: boolean;
  items: Item[];
  /** Media found, and those of them that wait until they come into view. */
  found: number;
  waiting: number;
  /** Origins of frames that are not covered. */
  foreign: string[];
  /** Whether more media were seen than are listed. */
  more: boolean;
}
