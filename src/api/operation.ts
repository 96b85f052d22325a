import type { z } from "zod";
import type { Limits } from "./limits.ts";
import { lazy } from "../core/lazy.ts";
import type { ErrorCode } from "../core/errors.ts";

/** `session`: a live session is needed. `admin`: one of an administrator. */
export type Access = "public" | "session" | "admin";

/** Names of the limits in `rate_limits.ts`. */
export type LimitName =
  | "register"
  | "login"
  | "refresh"
  | "second_factor"
  | "reset"
  | "send"
  | "write"
  | "read"
  | "search"
  | "upload"
  | "join"
  | "signal";

/** Limits that no operation names: services count with them. `rate_limits.ts` says what. */
export type ServiceLimitName = "strangers" | "unconfirmed" | "claims" | "stranger_claims";

export interface RestRoute {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Relative to `/api`, in Hono's form: `/chats/:chatId/read`. */
  path: string;
  /** The status of success, 200 by default. 204 goes with `output: null`. */
  status?: number;
  /** Further statuses of success that the handler may choose, with what they mean. */
  also?: Record<number, string>;
  /** Bytes of its body at most, where `LIMIT_BODY_BYTES` would be too few; whichever is more. */
  bodyLimit?: (limits: Limits) => number;
}

/**
 * For the documents alone: `input` itself enforces it, with a message for people. A field that neither list
 * names is as `input` has it.
 */
export interface InputForm {
  requires: readonly string[];
  excludes: readonly string[];
}

interface OperationFacts<A extends Access> {
  /** In the form `feature.verb`; on the sockets it is the command's name. */
  name: string;
  /** One line for the documents. */
  summary: string;
  /** What a developer needs to know beyond the summary; the documents add access, limit and command. */
  description?: string;
  /** The heading under which the documents list it. */
  tag: string;
  access: A;
  /** For `public` ones that act for the caller's account when a session comes along: clients send it. */
  optionalSession?: boolean;
  limit: LimitName;
  /** The forms of the input by name, where it has several of which each request has exactly one. */
  forms?: Readonly<Record<string, InputForm>>;
  rest?: RestRoute;
  /** Whether `/ws` and Socket.IO offer it as a command. */
  socket?: boolean;
  /** What can go wrong beyond the codes that every operation shares. */
  errors?: ErrorCode[];
}

/** An operation as it is written. Its schemas are built when it is first used: start-up builds none. */
export interface OperationSpec<
  Input extends z.ZodType,
  Output extends (() => z.ZodType) | null,
  A extends Access,
> extends OperationFacts<A> {
  /** A strict object. Path, query and body of a REST call are one input: names may not repeat. */
  input: () => Input;
  output: Output;
}

/**
 * One thing that a caller can ask for: a name, schemas, and who may ask. REST routes, socket commands,
 * the OpenAPI document and the typed client are all made from the same operation, so no transport can
 * have a rule, a field or an error of its own.
 *
 * Declared apart from its handler (see `handler.ts`), so that the client library can import the
 * types of the contract without the server.
 */
export interface Operation<
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType | null = z.ZodType | null,
  A extends Access = Access,
> extends Readonly<OperationFacts<A>> {
  readonly input: Input;
  readonly output: Output;
  /** Whether `output` is null; asking for this builds no schema. */
  readonly hasOutput: boolean;
}

type Built<Output> = Output extends (() => infer Schema extends z.ZodType) ? Schema : null;

/** Declares one, with its types kept as narrow as they are written. */
export function operation<
  Input extends z.ZodType,
  Output extends (() => z.ZodType) | null,
  const A extends Access,
>(spec: OperationSpec<Input, Output, A>): Operation<Input, Built<Output>, A> {
  const input = lazy(spec.input);
  const output = lazy(() => (spec.output?.() ?? null) as Built<Output>);
  return Object.freeze({
    ...spec,
    hasOutput: spec.output !== null,
    get input() {
      return input();
    },
    get output() {
      return output();
    },
  });
}

export type InputOf<Op extends Operation> = z.output<Op["input"]>;

/** What a caller writes, before defaults are filled in. */
export type RequestOf<Op extends Operation> = z.input<Op["input"]>;

export type OutputOf<Op extends Operation> = Op["output"] extends z.ZodType ? z.input<Op["output"]>
  : void;
