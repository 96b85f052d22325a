import type { CommandStartedEvent, MongoClient } from "mongodb";

/**
 * Watches the commands that a client sends within transactions. Each has to wait for the one
 * before: one that was not awaited may reach the server after the commit, and an error of it is
 * lost.
 */
export class WatchedTransactions {
  /** Names of commands that were sent while another one of their transaction was under way. */
  readonly notAwaited: string[] = [];
  readonly #running = new Map<number, string>();

  /** The URI makes the driver report its commands. */
  static uri(uri: string): string {
    return `${uri}&monitorCommands=true`;
  }

  watch(client: MongoClient): void {
    client.on("commandStarted", (event) => this.#started(event));
    client.on("commandSucceeded", ({ requestId }) => this.#running.delete(requestId));
    client.on("commandFailed", ({ requestId }) => this.#running.delete(requestId));
  }

  #started({ requestId, commandName, command }: CommandStartedEvent): void {
    if (command.autocommit !== false) return;
    const transaction = `${command.lsid.id.toString("hex")} ${command.txnNumber}`;
    const isOver = ["abortTransaction", "endSessions"].includes(commandName);
    if (!isOver && [...this.#running.values()].includes(transaction)) {
      this.notAwaited.push(commandName);
    }
    this.#running.set(requestId, transaction);
  }
}
