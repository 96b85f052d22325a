/**
 * Commitments of the server: the acknowledged messages, and the texts that each may have by now.
 */
export class Ledger {
  readonly #acknowledged = new Set<string>();
  readonly #texts = new Map<string, Set<string | null>>();

  constructor(readonly chatId: string) {}

  get ids(): Iterable<string> {
    return this.#acknowledged;
  }

  acknowledged({ id, text }: { id: string; text: string | null }): void {
    if (this.#acknowledged.has(id)) throw new Error(`Two sends were answered with message ${id}`);
    this.#acknowledged.add(id);
    this.#of(id).add(text);
  }

  /** Call it before the request: a lost response leaves open whether the change happened. */
  editing(id: string, text: string): void {
    this.#of(id).add(text);
  }

  deleting(id: string): void {
    this.#of(id).add("").add(null);
  }

  allows(id: string, text: string | null): boolean {
    return this.#of(id).has(text);
  }

  #of(id: string): Set<string | null> {
    let texts = this.#texts.get(id);
    if (!texts) this.#texts.set(id, texts = new Set());
    return texts;
  }
}
