import {
  type Api,
  type LabelOptions,
  type Labelled,
  type Options,
  type PropagateOptions,
  type VerifyOptions,
  likewise,
  named,
} from "./api.js";
import { type Content, settled } from "./content.js";
import { failure, unpacked } from "./errors.js";
import type { Label } from "./label.js";
import type { Inspection, Report } from "./types.js";

/** What a worker is asked. */
export interface Job {
  id: number;
  call: "verify" | "inspect" | "label" | "propagate";
  content: Blob | Uint8Array;
  argument?: Label | string;
  options: object;
}

/** What it answers. */
export interface Answer {
  id: number;
  value?: unknown;
  error?: unknown;
}

/** A thread. */
export interface Thread {
  send(job: Job): void;
  /** Lets go: the process may end while it waits. */
  end(): void;
}

export type Spawn = (answered: (answer: Answer) => void, failed: (error: unknown) => void) => Thread;

/** How many threads. */
export interface PoolOptions {
  /** Most threads, at least 1; as many as the machine has processors, at most 8, where it is missing. */
  size?: number;
}

interface Waiting {
  job: Job;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Member {
  thread: Thread;
  busy: Waiting | undefined;
}

/** Threads that verify and label. */
export class PoolCore implements Pick<Api, "verify" | "inspect" | "label" | "propagate"> {
  private readonly size: number;
  private readonly members: Member[] = [];
  private readonly queue: Waiting[] = [];
  private next = 0;
  private closed = false;

  constructor(
    private readonly spawn: Spawn,
    options: PoolOptions = {},
  ) {
    const size = options.size ?? Math.min(8, globalThis.navigator?.hardwareConcurrency ?? 4);
    if (!Number.isInteger(size) || size < 1) throw new RangeError("size must be a whole number of at least 1");
    this.size = size;
  }

  /** As `verify` of the package. A signal ends the work at once. */
  verify(content: Content, options: VerifyOptions = {}): Promise<Report> {
    return this.work("verify", content, options) as Promise<Report>;
  }

  /** As `inspect` of the package. */
  inspect(content: Content, options: Options = {}): Promise<Inspection> {
    return this.work("inspect", content, options) as Promise<Inspection>;
  }

  /** As `label` of the package. */
  label<C extends Content>(content: C, label: Label | string, options: LabelOptions = {}): Promise<Labelled<C>> {
    return this.written("label", content, options, label);
  }

  /** As `propagate` of the package. */
  propagate<C extends Content>(content: C, propagator: string, options: PropagateOptions = {}): Promise<Labelled<C>> {
    return this.written("propagate", content, options, propagator);
  }

  private async written<C extends Content>(
    call: "label" | "propagate",
    content: C,
    options: Options,
    argument: Label | string,
  ): Promise<Labelled<C>> {
    const made = (await this.work(call, content, options, argument)) as Labelled<Blob> | Labelled<Uint8Array>;
    const bytes = made.content instanceof Blob ? new Uint8Array(await made.content.arrayBuffer()) : made.content;
    return { content: likewise(content, bytes), receipt: made.receipt } as Labelled<C>;
  }

  /** Ends all threads; what was asked and not answered is rejected. */
  close(): void {
    this.closed = true;
    const left = [...this.queue.splice(0), ...this.members.flatMap((member) => member.busy ?? [])];
    for (const member of this.members.splice(0)) member.thread.end();
    for (const waiting of left) waiting.reject(closed());
  }

  private async work(call: Job["call"], given: Content, asked: Options, argument?: Label | string): Promise<unknown> {
    // The name of a file does not travel everywhere.
    const { signal, ...options } = named(given, asked);
    const held = await settled(given, options.limits?.["file_bytes"], signal);
    // A view is sent with all that lies behind it.
    const part = held instanceof Uint8Array && held.byteLength < held.buffer.byteLength;
    const content = part ? held.slice() : held;
    if (this.closed) throw closed();
    const job: Job = { id: this.next++, call, content, options, ...(argument !== undefined && { argument }) };
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { job, resolve, reject };
      if (signal) {
        const abort = () => this.abort(waiting, signal.reason);
        signal.addEventListener("abort", abort, { once: true });
        waiting.resolve = (value) => (signal.removeEventListener("abort", abort), resolve(value));
        waiting.reject = (error) => (signal.removeEventListener("abort", abort), reject(error));
        if (signal.aborted) return waiting.reject(signal.reason);
      }
      this.queue.push(waiting);
      this.hand();
    });
  }

  /** The content in a form that can be sent to a thread, where it isn't. */
  protected portable(content: Blob | Uint8Array): Blob | Uint8Array | Promise<Uint8Array> {
    return content;
  }

  private hand(): void {
    while (this.queue.length > 0 && !this.closed) {
      let free: Member | undefined;
      try {
        free = this.members.find((member) => !member.busy) ?? this.grown();
      } catch (error) {
        // No further thread can be made: those that are there go on with the rest.
        if (this.members.length > 0) return;
        this.queue.shift()?.reject(error);
        continue;
      }
      if (!free) return;
      const waiting = this.queue.shift() as Waiting;
      free.busy = waiting;
      this.send(free, waiting);
    }
  }

  private async send(member: Member, waiting: Waiting): Promise<void> {
    try {
      const content = this.portable(waiting.job.content);
      // Only now, so that no more are held than there are threads.
      if (content instanceof Promise) waiting.job.content = await content;
      else waiting.job.content = content;
      if (member.busy === waiting) member.thread.send(waiting.job);
    } catch (error) {
      if (member.busy === waiting) member.busy = undefined;
      waiting.reject(error);
      this.hand();
    }
  }

  private grown(): Member | undefined {
    if (this.members.length >= this.size) return undefined;
    const member: Member = {
      thread: this.spawn(
        (answer) => {
          const waiting = member.busy;
          if (waiting?.job.id !== answer.id) return;
          member.busy = undefined;
          if ("error" in answer) waiting.reject(unpacked(answer.error));
          else waiting.resolve(answer.value);
          this.hand();
        },
        (error) => this.lost(member, error),
      ),
      busy: undefined,
    };
    this.members.push(member);
    return member;
  }

  /** A thread that ended takes its job with it, and no other. */
  private lost(member: Member, error: unknown): void {
    const at = this.members.indexOf(member);
    if (at < 0) return;
    this.members.splice(at, 1);
    member.thread.end();
    member.busy?.reject(error);
    this.hand();
  }

  private abort(waiting: Waiting, reason: unknown): void {
    const queued = this.queue.indexOf(waiting);
    if (queued >= 0) this.queue.splice(queued, 1);
    waiting.reject(reason);
    const member = this.members.find((member) => member.busy === waiting);
    if (member) this.lost(member, reason);
  }
}

function closed(): Error {
  return failure("invalid", "js.closed", "the pool is closed", "线程池已关闭");
}
