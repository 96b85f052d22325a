import type { z } from "zod";
import { errorCodesOf } from "../api/error_codes.ts";
import { AppError, type ErrorCode, rateLimited } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { logServerError } from "../core/server_error_log.ts";
import { sharedTurns } from "../core/turns.ts";
import type { Tracing } from "../core/tracing.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import { describeUnlisted } from "./answer_check.ts";
import { assertKeyMay } from "./key_access.ts";
import { describeIssue, toInvalidRequest } from "./field_errors.ts";
import { Answer, type Bound } from "./handler.ts";
import { assertDecentJson } from "./json_input.ts";
import { OwnReads, readerOf } from "./own_reads.ts";
import type { LimitName, Operation } from "../api/operation.ts";
import { isCaller, rateKey } from "./rate_key.ts";
import type { RateDecision, RateLimiter } from "../cluster/rate_limiter.ts";
import type { Rate, Rates } from "../api/rate_limits.ts";

/** Result of one operation, for metrics. */
export interface Outcome {
  operation: string;
  transport: Visitor["transport"];
  code: "ok" | ErrorCode;
  durationMs: number;
}

/** Facts that a transport may report next to the reply; filled in as far as the request got. */
export interface Trace {
  operation?: string;
  rate?: { name: LimitName; rate: Rate; decision: RateDecision };
}

export interface DispatcherOptions {
  limiter: RateLimiter;
  rates: Rates;
  log: Log;
  isAdmin(caller: Caller): Promise<boolean> | boolean;
  observe?(outcome: Outcome): void;
  /** Called with each person who requests something, not with those in whose name a server acts. */
  onRequest?(userId: string): void;
  /** Maximum number of items on a page of any list; a request for more gets this number. */
  pageSize?: number;
  /**
   * Checks every output against its schema, including unlisted fields, and every error against the
   * codes that the operation declares; a mismatch fails as `internal`. For development and tests:
   * it finds undocumented output, and costs as much as validation.
   */
  checkAnswers?: boolean;
  tracing?: Tracing;
}

/**
 * The one entry to all operations, for all transports: session, or API key with its scope →
 * well-formed JSON → schema → rate limit → administrator → room among the person's reads → handler.
 * Validation comes before the rate limit, so that a mistyped request does not use up the limits
 * that guard against guessing.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #reads = new OwnReads();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Throws only AppErrors; any other error of a handler is logged here and becomes `internal`. */
  async dispatch(
    bound: Bound,
    caller: Caller | Visitor,
    input: unknown,
    trace: Trace = {},
  ): Promise<Answer<unknown>> {
    const { operation } = bound;
    const started = performance.now();
    let code: Outcome["code"] = "ok";
    trace.operation = operation.name;
    if (isCaller(caller) && !caller.key) this.#options.onRequest?.(caller.userId);
    try {
      return await this.#traced(operation, caller, () => this.#run(bound, caller, input, trace));
    } catch (thrown) {
      const error = this.#toAppError(thrown, operation, caller);
      code = error.code;
      throw error;
    } finally {
      this.#options.observe?.({
        operation: operation.name,
        transport: caller.transport,
        code,
        durationMs: performance.now() - started,
      });
    }
  }

  /**
   * Counts one use against a limit; throws `rate_limited`. Raw routes that are not operations
   * (uploads, for example) call it themselves. All calls with one API key share one limit.
   */
  async charge(kind: LimitName, caller: Caller | Visitor, trace: Trace = {}): Promise<void> {
    const { name, rate, decision } = await this.#consume(kind, caller);
    if (decision === null) return;
    trace.rate = { name, rate, decision };
    if (decision.allowed) return;
    throw rateLimited(`There were too many requests of the kind ${name}`, decision.retryAfterMs);
  }

  /**
   * Counts further uses for a request whose work turned out to be long, as far as the limit has
   * room. It is answered: the requests after it are refused.
   */
  async chargeFurther(
    kind: LimitName,
    caller: Caller | Visitor,
    uses: number,
    trace: Trace = {},
  ): Promise<void> {
    if (uses === 0) return;
    const { name, rate, decision } = await this.#consume(kind, caller, uses);
    if (decision?.allowed) trace.rate = { name, rate, decision };
  }

  /**
   * A rate limiter that is down must not make this service fail too: null if it decided nothing.
   */
  async #consume(kind: LimitName, caller: Caller | Visitor, uses = 1) {
    const name: LimitName = caller.key ? "key" : kind;
    const rate = this.#options.rates[name];
    let decision: RateDecision | null = null;
    try {
      decision = await this.#options.limiter.consume(`${name}:${rateKey(caller)}`, rate, uses);
    } catch (error) {
      const { log } = this.#options;
      log.warn("Rate limiter failed; the request continues", { error, limit: name });
    }
    return { name, rate, decision };
  }

  /** A REST request is inside Deno's span already; a command of a socket starts a trace. */
  #traced<T>({ name }: Operation, { transport }: Visitor, work: () => Promise<T>): Promise<T> {
    const { tracing } = this.#options;
    if (!tracing?.isOn) return work();
    const attributes = { "realtimechat.operation": name, "realtimechat.transport": transport };
    return tracing.span(name, work, { attributes, isRoot: transport !== "rest" });
  }

  async #run(
    { operation, handle }: Bound,
    caller: Caller | Visitor,
    raw: unknown,
    trace: Trace,
  ): Promise<Answer<unknown>> {
    assertSession(operation, caller);
    assertKeyMay(operation, caller);
    // Many requests that come at once are validated in several turns of the event loop.
    const input = await sharedTurns.run(() =>
      withinPage(validate(operation.input, raw), this.#options.pageSize)
    );
    await this.charge(operation.limit, caller, trace);
    if (operation.access === "admin") await this.#assertAdmin(caller);
    const reader = readerOf(operation, caller);
    const result = reader === null
      ? await handle(caller, input)
      : await this.#reads.run(reader, () => handle(caller, input));
    const answer = result instanceof Answer ? result : new Answer(usualStatus(operation), result);
    await this.chargeFurther(operation.limit, caller, answer.furtherUses, trace);
    if (this.#options.checkAnswers) checkAnswer(operation, answer.data);
    return answer;
  }

  /** A server that acts by itself needs the operation's scope only. */
  async #assertAdmin(caller: Caller | Visitor): Promise<void> {
    if (!isCaller(caller) || await this.#options.isAdmin(caller)) return;
    throw new AppError("forbidden", "Only administrators may do this");
  }

  #toAppError(thrown: unknown, operation: Operation, caller: Caller | Visitor): AppError {
    const { log } = this.#options;
    const context = { operation: operation.name, requestId: caller.requestId };
    if (thrown instanceof AppError && this.#isDocumented(operation, thrown)) {
      logServerError(log, thrown, context);
      return thrown;
    }
    log.error("Operation failed unexpectedly", { ...context, error: thrown });
    return new AppError("internal", "The server could not complete this request", {
      cause: thrown,
    });
  }

  #isDocumented(operation: Operation, { code }: AppError): boolean {
    return !this.#options.checkAnswers || errorCodesOf(operation).has(code);
  }
}

function assertSession(operation: Operation, caller: Caller | Visitor): void {
  if (operation.access === "public" || isCaller(caller) || caller.key) return;
  throw new AppError("unauthenticated", "This needs an access token");
}

/** Returns validated input, or throws `invalid_request` with every fault by field. */
export function validate<T>(schema: z.ZodType<T>, input: unknown): T {
  assertDecentJson(input);
  const result = schema.safeParse(input, { error: describeIssue });
  if (!result.success) throw toInvalidRequest(result.error);
  return result.data;
}

/**
 * Reduces `limit` to the maximum page size. Done here for all lists, so that none can omit it;
 * `limit` is the field of `fields.ts`.
 */
function withinPage(input: unknown, max = Infinity): unknown {
  const { limit } = input as { limit?: number };
  return limit !== undefined && limit > max ? { ...input as object, limit: max } : input;
}

/**
 * Returns 204 if there is no output, otherwise 200; a POST that creates something sets 201 itself.
 */
function usualStatus(operation: Operation): number {
  return operation.rest?.status ?? (operation.hasOutput ? 200 : 204);
}

function checkAnswer({ name, output }: Operation, data: unknown): void {
  if (output === null) return;
  const result = output.safeParse(data);
  const fault = result.success ? describeUnlisted(data, result.data) : result.error.message;
  if (fault !== null) {
    throw new Error(`The output of ${name} does not match its schema: ${fault}`);
  }
}
