import { AppError } from "../../core/errors.ts";
import { translated, unavailable } from "./errors.ts";
import type { Outage } from "./outage.ts";

/**
 * Every call of the adapter passes through here, so that one place translates the driver's errors,
 * one place knows the pending calls when the store is to close (the driver's own `close` cuts them
 * off), and calls fail at once during an outage of the database.
 */
export class CallGate {
  #running = 0;
  #closed = false;
  #idle = Promise.withResolvers<void>();

  constructor(private readonly outage: Outage) {}

  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new AppError("unavailable", "Cannot use the store: it is closed");
    if (this.outage.isUnderWay) throw unavailable();
    this.#running++;
    try {
      return await call();
    } catch (error) {
      this.outage.onError(error);
      throw translated(error);
    } finally {
      this.#running--;
      this.#settle();
    }
  }

  /** Returns the same object, with each of its methods run through the gate. */
  guard<T extends object>(entity: T): T {
    return new Proxy(entity, {
      get: (target, name) => {
        const member = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => this.run(() => member.apply(target, args));
      },
    });
  }

  /** Refuses new calls, and resolves when all pending ones have ended. */
  close(): Promise<void> {
    this.#closed = true;
    this.#settle();
    return this.#idle.promise;
  }

  #settle() {
    if (this.#closed && this.#running === 0) this.#idle.resolve();
  }
}
