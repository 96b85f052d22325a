/** A worker that records its termination, and can be made to fail. */
export class WatchedWorker extends Worker {
  terminated = false;

  override terminate(): void {
    this.terminated = true;
    super.terminate();
  }

  /** Simulates an uncaught exception inside the worker. */
  break(): void {
    this.dispatchEvent(new ErrorEvent("error", { message: "broken", cancelable: true }));
  }
}

/**
 * Every worker that was started since this module was loaded, which is before any code that starts
 * one.
 */
export const startedWorkers: WatchedWorker[] = [];

globalThis.Worker = class extends WatchedWorker {
  constructor(...given: ConstructorParameters<typeof Worker>) {
    super(...given);
    startedWorkers.push(this);
  }
};
