import type { Log } from "./core/log.ts";

export interface KeepServingOptions {
  log: Log;
  /** Called for each rejection. */
  onRejection(): void;
  /** Called for a rejection of the platform: accepting connections failed (under `deno serve`). */
  onAcceptFailure?(error: unknown): void;
}

/**
 * Keeps the process alive after an unhandled rejection, which would end it and disconnect every
 * client. A rejection affects at most one task, so it is logged and counted, and the others
 * continue. An exception outside any promise still ends the process, because the state it leaves
 * behind is unknown.
 */
export function keepServing({ log, onRejection, onAcceptFailure }: KeepServingOptions): void {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    onRejection();
    if (onAcceptFailure && event.reason instanceof Deno.errors.Http) {
      return onAcceptFailure(event.reason);
    }
    log.error("Unhandled promise rejection", { error: event.reason });
  });
}
