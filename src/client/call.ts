import type { Input, OperationName, Output } from "./rest.ts";

/** Calls an operation of the server by its name. */
export type Call = <Name extends OperationName>(
  name: Name,
  input: Input<Name>,
) => Promise<Output<Name>>;
