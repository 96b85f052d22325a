import type { Log } from "./core/log.ts";

export interface KeepServingOptions {
  log: Log;
  /** Called for each rejection. */
  onRejection(): void;
  /** Called for one that is the platform's: accepting connections failed (under `deno serve`). */
  onAcceptFailure?(error: unknown): void;
}

/**
 * A promise whose rejection nothing handles would end the process and cut off everyone. It concerns one
 * task at most, so it is logged and counted, and the others are served on. An exception outside of any
 * promise still ends the process: what it left half-done is not known.
 */
export function keepServing({ log, onRejection, onAcceptFailure }: KeepServingOptions): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    onRejection();
    if (onAcceptFailure && event.reason instanceof Deno.errors.Http) {
      return onAcceptFailure(event.reason);
    }
    log.error("A rejected promise was not handled", { error: event.reason });
  });
}
