import { AppError, quote } from "../core/errors.ts";
import { type Problem, toProblem } from "../core/problem.ts";
import type { Caller } from "../model/caller.ts";
import type { Dispatcher } from "../operations/dispatcher.ts";
import type { Bound } from "../operations/handler.ts";

/** The reply to a command, on either transport. */
export type Reply = { ok: true; data: unknown } | { ok: false; error: Problem };

/** The commands that `/ws` and Socket.IO share: every operation that is offered on sockets. */
export class CommandTable {
  readonly #commands: Map<string, Bound>;

  constructor(bound: readonly Bound[], private readonly dispatcher: Dispatcher) {
    const offered = bound.filter(({ operation }) => operation.socket);
    this.#commands = new Map(offered.map((entry) => [entry.operation.name, entry]));
  }

  get names(): string[] {
    return [...this.#commands.keys()];
  }

  /** Never throws. A command without data counts as a command with an empty object. */
  async run(caller: Caller, name: unknown, data: unknown = {}): Promise<Reply> {
    try {
      const command = typeof name === "string" ? this.#commands.get(name) : undefined;
      if (!command) throw unknownCommand(name);
      const answer = await this.dispatcher.dispatch(command, caller, data);
      return { ok: true, data: answer.data ?? {} };
    } catch (error) {
      return { ok: false, error: toProblem(error) };
    }
  }
}

function unknownCommand(name: unknown): AppError {
  const message = name === "hello"
    ? "Cannot say hello: this socket has said hello; another token needs another socket"
    : `There is no command ${quote(name)}`;
  return new AppError("invalid_request", message);
}
