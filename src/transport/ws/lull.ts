/** Silence for this long is a lull. */
const LULL_MS = 100;
/** Whoever goes on for longer is not waited for. */
const LONGEST_MS = 2_000;

/**
 * Waits until a peer that is to be closed pauses. Deno drops the connection, and the close frame with
 * it, when one more frame comes after `close`; and who is closed for going too fast is sending.
 */
export class Lull {
  readonly #until = performance.now() + LONGEST_MS;
  readonly #timer: ReturnType<typeof setInterval>;
  #heard = true;

  constructor(onLull: () => void) {
    this.#timer = setInterval(() => {
      if (this.#heard && performance.now() < this.#until) return void (this.#heard = false);
      this.end();
      onLull();
    }, LULL_MS);
  }

  /** Something came. */
  heard(): void {
    this.#heard = true;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
