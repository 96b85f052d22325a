import type { EventEmitter } from "node:events";

/** The parts of the driver's class of connections that are used here; it does not export it. */
interface Connection extends EventEmitter {
  error: Error | null;
  writeCommand(...args: unknown[]): Promise<void>;
}

const mended = new WeakSet<Connection>();

/**
 * Makes a command fail if its connection closes while the command is being written. The driver
 * (7.9) waits for the socket to drain, but a closed socket never drains, and reports no error. The
 * call would never end, nor would those that wait for it, and the pool would have one connection
 * less until the process ends.
 */
export async function failClosedWrites(): Promise<void> {
  const driver = await import("mongodb/lib/cmap/connection.js");
  mendWrites(driver.Connection.prototype);
}

/** Repeated calls change nothing. */
export function mendWrites(prototype: Connection): void {
  const { writeCommand } = prototype;
  if (mended.has(prototype) || typeof writeCommand !== "function") return;
  mended.add(prototype);
  prototype.writeCommand = async function (this: Connection, ...args) {
    const { promise: closed, reject } = Promise.withResolvers<never>();
    const onClose = () => reject(this.error ?? new Error("Cannot write: the connection is closed"));
    this.once("close", onClose);
    try {
      await Promise.race([writeCommand.apply(this, args), closed]);
    } finally {
      this.off("close", onClose);
    }
  };
}
