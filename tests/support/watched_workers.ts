/** A worker that says when it was terminated, and can be made to break. */
export class WatchedWorker extends Worker {
  terminated = false;

  override terminate(): void {
    this.terminated = true;
    super.terminate();
  }

  /** As if something in it, of its own accord, had thrown what nobody caught. */
  break(): void {
    this.dispatchEvent(new ErrorEvent("error", { message: "broken", cancelable: true }));
  }
}

/** All that were started since this module was loaded, which is before whatever starts them. */
export const startedWorkers: WatchedWorker[] = [];

globalThis.Worker = class extends WatchedWorker {
  constructor(...given: ConstructorParameters<typeof Worker>) {
    super(...given);
    startedWorkers.push(this);
  }
};
