import { SealBroken } from "./secret_box.ts";

/** Number of unreadable secrets that are named. */
const MAX_NAMED = 20;

/** Counts what became of sealed secrets that were to be sealed again. */
export class ResealReport {
  total = 0;
  resealed = 0;
  unreadable = 0;
  /** Names of the first secrets that no key opens. */
  readonly names: string[] = [];

  /** Counts one; `reseal` resolves to true if it was sealed again. */
  async count(name: string, reseal: () => Promise<boolean>): Promise<void> {
    this.total++;
    try {
      if (await reseal()) this.resealed++;
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      this.unreadable++;
      if (this.names.length < MAX_NAMED) this.names.push(name);
    }
  }
}
