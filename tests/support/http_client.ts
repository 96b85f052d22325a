export interface HttpAnswer {
  status: number;
  headers: Headers;
  /**
   * Response body: parsed when its content type is JSON, else the text; null when there is none.
   */
  // deno-lint-ignore no-explicit-any -- tests read it as deeply as they like
  body: any;
}

/** A JSON client for tests: it never throws for a status, since tests assert on it. */
export class HttpClient {
  constructor(readonly baseUrl: string, readonly token?: string) {}

  /** Returns a client for the same server with another user's token. */
  as(token: string | undefined): HttpClient {
    return new HttpClient(this.baseUrl, token);
  }

  get(path: string, init?: RequestInit): Promise<HttpAnswer> {
    return this.send("GET", path, undefined, init);
  }

  post(path: string, body?: unknown, init?: RequestInit): Promise<HttpAnswer> {
    return this.send("POST", path, body, init);
  }

  put(path: string, body?: unknown, init?: RequestInit): Promise<HttpAnswer> {
    return this.send("PUT", path, body, init);
  }

  delete(path: string, body?: unknown, init?: RequestInit): Promise<HttpAnswer> {
    return this.send("DELETE", path, body, init);
  }

  /**
   * `body` is sent as JSON; for any other kind of body pass `init.body` and its headers instead.
   */
  async send(
    method: string,
    path: string,
    body?: unknown,
    init: RequestInit = {},
  ): Promise<HttpAnswer> {
    const headers = new Headers(init.headers);
    if (this.token && !headers.has("authorization")) {
      headers.set("authorization", `Bearer ${this.token}`);
    }
    if (body !== undefined && !headers.has("content-type")) {
      headers.set("content-type", "application/json");
    }
    const response = await fetch(new URL(path, this.baseUrl), {
      ...init,
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await bodyOf(response) };
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return null;
  return /[/+]json\b/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text;
}
