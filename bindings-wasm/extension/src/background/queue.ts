/** Few things at once, and between two of them time for everything else. */

export const AT_ONCE = 4;

export class Queue {
  private readonly waiting: (() => Promise<void>)[] = [];
  private running = 0;

  constructor(private readonly most = AT_ONCE) {}

  get busy(): boolean {
    return this.running > 0;
  }

  add(work: () => Promise<void>): void {
    this.waiting.push(work);
    this.next();
  }

  private next(): void {
    while (this.running < this.most) {
      const work = this.waiting.shift();
      if (!work) return;
      this.running += 1;
      void this.run(work);
    }
  }

  private async run(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      console.error("biaoshi:", error);
    } finally {
      await new Promise((done) => setTimeout(done));
      this.running -= 1;
      this.next();
    }
  }
}
