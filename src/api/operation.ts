import type { z } from "zod";
import type { Limits } from "./limits.ts";
import { lazy } from "../core/lazy.ts";
import type { ErrorCode } from "../core/errors.ts";
import type { Scope } from "../model/api_key.ts";

/**
 * `session`: needs a valid session. `admin`: needs a session of an administrator. `server`: needs
 * an API key.
 */
export type Access = "public" | "session" | "admin" | "server";

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
  | "signal"
  | "event"
  /** Sockets that a user opens. */
  | "hello"
  /** Everything that one API key calls. */
  | "key";

/** Limits that no operation names: services count them. `rate_limits.ts` describes them. */
export type ServiceLimitName =
  | "strangers"
  | "unconfirmed"
  | "claims"
  | "stranger_claims"
  | "incoming";

export interface RestRoute {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Relative to `/api`, in Hono's form: `/chats/:chatId/read`. */
  path: string;
  /** The status of success, 200 by default; 204 with `output: null`. */
  status?: number;
  /** Further statuses of success that the handler may choose, with their meaning. */
  also?: Record<number, string>;
  /**
   * Maximum size of its body in bytes, if `LIMIT_BODY_BYTES` would be too small; the larger value
   * applies.
   */
  bodyLimit?: (limits: Limits) => number;
}

/**
 * For the documents only: `input` itself enforces the forms, with a readable message. A field in
 * neither list is as in `input`.
 */
export interface InputForm {
  requires: readonly string[];
  excludes: readonly string[];
}

interface OperationFacts<A extends Access> {
  /** In the form `feature.verb`; also the name of the command on sockets. */
  name: string;
  /** One line for the documents. */
  summary: string;
  /**
   * Facts that a developer needs beyond the summary; the documents add access, limit and command.
   */
  description?: string;
  /** The heading under which the documents list the operation. */
  tag: string;
  access: A;
  /**
   * The scope with which an API key may call it: in a person's name for `session` operations, by
   * itself or in an administrator's name for `admin` ones. Without it no key may.
   */
  scope?: Scope;
  /**
   * For `public` operations that act for the caller's account if there is a session: clients send
   * its token.
   */
  optionalSession?: boolean;
  limit: LimitName;
  /** The forms of the input by name, if it has several; each request has exactly one. */
  forms?: Readonly<Record<string, InputForm>>;
  rest?: RestRoute;
  /** True if `/ws` and Socket.IO offer it as a command. */
  socket?: boolean;
  /** Errors beyond the codes that every operation shares. */
  errors?: ErrorCode[];
}

/**
 * An operation as it is declared. Its schemas are created on first use, so start-up creates none.
 */
export interface OperationSpec<
  Input extends z.ZodType,
  Output extends (() => z.ZodType) | null,
  A extends Access,
> extends OperationFacts<A> {
  /** A strict object. Path, query and body of a REST call are one input: names must be unique. */
  input: () => Input;
  output: Output;
}

/**
 * One action that a caller can request: a name, schemas, and the required access. REST routes,
 * socket commands, the OpenAPI document and the typed client are generated from the same operation,
 * so no transport can have a different rule, field or error.
 *
 * Declared separately from its handler (see `handler.ts`), so that the client library can import
 * the types of the contract without the server.
 */
export interface Operation<
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType | null = z.ZodType | null,
  A extends Access = Access,
> extends Readonly<OperationFacts<A>> {
  readonly input: Input;
  readonly output: Output;
  /** True if `output` is null; reading this creates no schema. */
  readonly hasOutput: boolean;
}

type Built<Output> = Output extends (() => infer Schema extends z.ZodType) ? Schema : null;

/** Declares an operation, with its types as narrow as they are written. */
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

/** Input that a caller writes, before defaults are filled in. */
export type RequestOf<Op extends Operation> = z.input<Op["input"]>;

export type OutputOf<Op extends Operation> = Op["output"] extends z.ZodType ? z.input<Op["output"]>
  : void;
