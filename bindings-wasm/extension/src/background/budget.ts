/** How many bytes of media are held at once, over all that is read. */

const MEBI = 1024 * 1024;
/** What every medium under way may hold without waiting, in bytes. */
export const SMALL = 4 * MEBI;
/** What the larger ones may hold together, in bytes; a single one may be as large as the settings allow. */
export const LARGE_TOGETHER = 80 * MEBI;

/**
 * Larger media wait for their turn and are then given all they may come to, so that none that waits
 * keeps another from its end. Small ones never wait: that there are few is the queue's task.
 */
export class Budget {
  private held = 0;
  private readonly waiting: { go(): void }[] = [];

  constructor(private readonly together = LARGE_TOGETHER) {}

  /** Bytes that are spoken for by larger media. */
  get taken(): number {
    return this.held;
  }

  share(signal: AbortSignal): Share {
    return new Share(this, signal);
  }

  /** Waits until `bytes` are to be had; rejects with the reason of the signal. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const fits = () => this.held === 0 || this.held + bytes <= this.together;
    if (this.waiting.length === 0 && fits()) {
      this.held += bytes;
      return;
    }
    await new Promise<void>((done, fail) => {
      const one = {
        go: () => {
          if (!fits()) return;
          leave();
          this.held += bytes;
          done();
          this.next();
        },
      };
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(one), 1);
        signal.removeEventListener("abort", gone);
      };
      const gone = () => {
        leave();
        fail(signal.reason as Error);
        this.next();
      };
      signal.addEventListener("abort", gone);
      this.waiting.push(one);
    });
  }

  give(bytes: number): void {
    this.held -= bytes;
    this.next();
  }

  private next(): void {
    this.waiting[0]?.go();
  }
}

/** What one medium holds. */
export class Share {
  private held = 0;

  constructor(private readonly budget: Budget, private readonly signal: AbortSignal) {}

  /** Waits until `bytes` may be held; beyond `SMALL` as many as `whole`, at once. */
  async reach(bytes: number, whole: number): Promise<void> {
    if (bytes <= SMALL || bytes <= this.held) return;
    const wanted = Math.max(bytes, whole);
    // What grows gives back first: one that waits holds nothing that another waits for.
    this.free();
    await this.budget.take(wanted, this.signal);
    this.held = wanted;
  }

  free(): void {
    if (this.held > 0) this.budget.give(this.held);
    this.held = 0;
  }
}
