import type { Caller, ServerCaller, Visitor } from "../model/caller.ts";
import type { Access, InputOf, Operation, OutputOf } from "../api/operation.ts";

/** An administrator, or a server whose API key has the scope of the operation. */
export type AdminCaller = Caller | ServerCaller;

export type CallerFor<A extends Access> = A extends "public" ? Visitor
  : A extends "server" ? ServerCaller
  : A extends "admin" ? AdminCaller
  : Caller;

/** A success with a status other than the operation's usual one; sockets ignore the status. */
export class Answer<T> {
  /** `furtherUses`: number of uses of the limit that it counts as, beside the first. */
  constructor(readonly status: number, readonly data: T, readonly furtherUses = 0) {}
}

/**
 * Receives validated input and returns the output; reports every failure by throwing an AppError.
 */
export type Handler<Op extends Operation> = (
  caller: CallerFor<Op["access"]>,
  input: InputOf<Op>,
) => Promise<OutputOf<Op> | Answer<OutputOf<Op>>>;

/** An operation with its handler, without its specific types, as the transports use it. */
export interface Bound {
  readonly operation: Operation;
  readonly handle: (caller: Caller | Visitor, input: unknown) => Promise<unknown>;
}

/**
 * The only place where an operation gets its handler; the compiler checks that their types match.
 */
export function bind<Op extends Operation>(operation: Op, handle: Handler<Op>): Bound {
  return { operation, handle: handle as Bound["handle"] };
}
