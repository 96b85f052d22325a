import { keyTokenOf, newSecret, secretHashOf } from "../../src/api_keys/key_token.ts";
import { type ApiKey, SCOPES } from "../../src/model/api_key.ts";
import { anApiKey } from "../contract/store/rows.ts";
import { HttpClient } from "./http_client.ts";
import type { RunningApp } from "./running_app.ts";

/**
 * A client of a server's backend: calls with an API key, and in a person's name where one is given.
 */
export class BackendClient extends HttpClient {
  constructor(
    baseUrl: string,
    readonly key: ApiKey,
    token: string,
    private readonly actAs?: string,
  ) {
    super(baseUrl, token);
  }

  /** Returns a client with the same key that acts in a person's name. */
  in(actAs: string): BackendClient {
    return new BackendClient(this.baseUrl, this.key, this.token!, actAs);
  }

  override send(method: string, path: string, body?: unknown, init: RequestInit = {}) {
    const headers = new Headers(init.headers);
    if (this.actAs !== undefined) headers.set("x-act-as", this.actAs);
    return super.send(method, path, body, { ...init, headers });
  }
}

/** Stores a key, by default with every scope, and returns a client that calls with it. */
export async function backendOf(
  app: Pick<RunningApp, "url" | "openStore">,
  fields: Partial<ApiKey> = {},
): Promise<BackendClient> {
  const secret = newSecret();
  const key = anApiKey({ scopes: [...SCOPES], ...fields, secretHash: secretHashOf(secret) });
  const store = await app.openStore();
  await store.apiKeys.create(key, Infinity);
  await store.close();
  return new BackendClient(app.url, key, keyTokenOf(key.id, secret));
}
