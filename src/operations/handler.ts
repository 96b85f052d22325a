import type { Caller, Visitor } from "../model/caller.ts";
import type { Access, InputOf, Operation, OutputOf } from "../api/operation.ts";

export type CallerFor<A extends Access> = A extends "public" ? Visitor : Caller;

/** A success with another status than the operation's usual one; sockets ignore the status. */
export class Answer<T> {
  constructor(readonly status: number, readonly data: T) {}
}

/** Validated input in, output out; everything that can go wrong is thrown as an AppError. */
export type Handler<Op extends Operation> = (
  caller: CallerFor<Op["access"]>,
  input: InputOf<Op>,
) => Promise<OutputOf<Op> | Answer<OutputOf<Op>>>;

/** An operation with its handler, its types forgotten: as transports use it. */
export interface Bound {
  readonly operation: Operation;
  readonly handle: (caller: Caller | Visitor, input: unknown) => Promise<unknown>;
}

/** The only place where an operation meets its handler; the compiler holds one to the other. */
export function bind<Op extends Operation>(operation: Op, handle: Handler<Op>): Bound {
  return { operation, handle: handle as Bound["handle"] };
}
