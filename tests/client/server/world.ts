import { BackendClient } from "../../../src/client/server/mod.ts";
import { signatureHeaders, webhookKey } from "../../../src/core/webhook_signature.ts";
import { backendOf } from "../../support/api_keys.ts";
import { RunningApp } from "../../support/running_app.ts";

export const SECRET = `whsec_${btoa("a webhook secret of thirty bytes")}`;
export const OTHER_SECRET = `whsec_${btoa("another secret of thirty bytes!!")}`;

export interface BackendWorld extends AsyncDisposable {
  app: RunningApp;
  key: string;
  chat: BackendClient;
}

/** A server, and a backend with a key of every scope. */
export async function backendWorld(): Promise<BackendWorld> {
  const app = await RunningApp.start();
  const { token } = await backendOf(app);
  const chat = new BackendClient({ url: app.url, key: token! });
  return { app, key: token!, chat, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

/** Headers of a webhook request, signed as the server signs. */
export function signed(
  body: string,
  secrets = [SECRET],
  timestamp = Math.floor(Date.now() / 1000),
): Record<string, string> {
  const keys = secrets.map((secret) => webhookKey(secret)!);
  return signatureHeaders({ id: "msg_1", timestamp, body }, keys);
}
