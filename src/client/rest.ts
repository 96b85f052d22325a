import type { OutputOf, RequestOf } from "../api/operation.ts";
import type { ErrorCode } from "../core/errors.ts";
import { retryAfterMs } from "../core/retry_after.ts";
import { ChatError, type Problem } from "./chat_error.ts";
import { endpointOf } from "./endpoint.ts";
import type { DeclaredOperations } from "./endpoints.ts";
import { IdleTimeout } from "./idle_timeout.ts";
import { misuse } from "./misuse.ts";
import type { FetchFunction } from "./platform.ts";
import { responseText } from "./response_text.ts";

/** Input and output of each operation of the server. */
export type Operations = {
  [Name in keyof DeclaredOperations]: {
    input: RequestOf<DeclaredOperations[Name]>;
    output: OutputOf<DeclaredOperations[Name]>;
  };
};
export type OperationName = keyof Operations;
export type Input<Name extends OperationName> = Operations[Name]["input"];
export type Output<Name extends OperationName> = Operations[Name]["output"];

export interface RestOptions {
  /** Without `/api`. */
  url: string;
  fetch?: FetchFunction;
  /** Milliseconds without a byte after which a call fails; uploads and downloads have no limit. */
  timeoutMs?: number;
}

export const DEFAULT_TIMEOUT_MS = 15_000;

/** Requests over HTTP: path, query and body are built from the one input of an operation. */
export class Rest {
  /** The server's URL. */
  readonly base: string;
  readonly #fetch: typeof fetch;
  readonly #timeoutMs: number;

  constructor(options: RestOptions) {
    this.base = options.url.replace(/\/+$/, "");
    const fetch = (options.fetch ?? globalThis.fetch) as typeof globalThis.fetch;
    // A browser's `fetch` must not be called with another `this`.
    this.#fetch = (url, init) => fetch(url, init);
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /** Throws only ChatErrors. */
  async call<Name extends OperationName>(
    name: Name,
    input: Input<Name>,
    token?: string,
  ): Promise<Output<Name>> {
    const { method, url, body } = await this.#request(name, input as Record<string, unknown>);
    const headers: Record<string, string> = {};
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    const timeout = new IdleTimeout(this.#timeoutMs);
    try {
      const response = await this.raw(url, { method, headers, body, signal: timeout.signal });
      if (response.status === 204) return undefined as Output<Name>;
      return await parse(response, () => timeout.heard()) as Output<Name>;
    } finally {
      timeout.end();
    }
  }

  /** For requests that are not operations (an upload, for example); `path` begins with `/api`. */
  async send(path: string, init: RequestInit): Promise<unknown> {
    const response = await this.raw(path, init);
    return response.status === 204 ? undefined : await parse(response);
  }

  /** Returns a successful response with its body unread. */
  async raw(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await this.#fetch(this.base + path, init);
    } catch (cause) {
      throw await this.#originFault() ??
        new ChatError("offline", "The server cannot be reached", { cause });
    }
    if (response.ok) return response;
    throw await errorOf(response);
  }

  /**
   * Only requests of pages are refused for their origin. Without a network, that file cannot be
   * loaded either.
   */
  async #originFault(): Promise<ChatError | null> {
    if (!("document" in globalThis)) return null;
    return await import("./connection_fault.ts").then(
      (it) => it.originFault(this.base),
      () => null,
    );
  }

  async #request(name: OperationName, input: Record<string, unknown>) {
    const { method, path = "" } = await endpointOf(name);
    const rest = { ...input };
    const filled = path.replace(/:(\w+)/g, (_, field: string) => {
      const value = rest[field];
      if (value === undefined) throw misuse(`call ${name}`, `${field} is missing in its input`);
      delete rest[field];
      return encodeURIComponent(String(value));
    });
    const url = `/api${filled}`;
    if (method === "GET") return { method, url: url + queryOf(rest), body: undefined };
    const empty = Object.values(rest).every((value) => value === undefined);
    return { method, url, body: empty ? undefined : JSON.stringify(rest) };
  }
}

function queryOf(fields: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) {
      if (each !== undefined) {
        query.append(name, typeof each === "string" ? each : JSON.stringify(each));
      }
    }
  }
  // The `size` of a query is missing on older platforms.
  const text = query.toString();
  return text && `?${text}`;
}

async function parse(response: Response, onBytes: () => void = () => {}): Promise<unknown> {
  try {
    return JSON.parse(await responseText(response, onBytes));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw foreignAnswer(response, cause);
    throw new ChatError("offline", "The answer broke off", { cause });
  }
}

/** Returns the error of a refusal, whether the server or something before it refused. */
async function errorOf(response: Response): Promise<ChatError> {
  const problem = await parse(response) as Partial<Problem> | null;
  if (typeof problem?.code !== "string") return foreignAnswer(response);
  return ChatError.of(problem, waitOf(response));
}

/** Meanings of statuses that proxies send by themselves, with a page instead of a problem. */
const PROXY_CODES: Readonly<Record<number, ErrorCode>> = {
  408: "request_timeout",
  413: "payload_too_large",
  429: "rate_limited",
};

/** Returns the error for a response that is not the server's: a proxy's, or a captive portal's. */
function foreignAnswer(response: Response, cause?: unknown): ChatError {
  const { status, headers } = response;
  const type = headers.get("content-type")?.split(";")[0] ?? "no content type";
  const code = PROXY_CODES[status] ?? (status >= 500 ? "unavailable" : "bad_answer");
  return new ChatError(
    code,
    `Something before the server answered ${status} (${type}), which is no answer of this API. ` +
      "If it is no proxy, url is that of another server",
    { cause, retryAfterMs: waitOf(response) },
  );
}

/** By the clock of whatever sent the response, if it says what that shows. */
function waitOf({ headers }: Response): number | undefined {
  return retryAfterMs(headers, Date.parse(headers.get("date") ?? "") || Date.now());
}
