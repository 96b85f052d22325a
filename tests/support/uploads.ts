import type { RunningApp } from "./running_app.ts";
import type { HttpAnswer } from "./http_client.ts";
import type { Person } from "./people.ts";

type Server = Pick<RunningApp, "url">;

/** Uploads a file as a browser's form does. */
export async function upload(
  { url }: Server,
  person: Pick<Person, "token">,
  bytes: Uint8Array<ArrayBuffer> | string,
  fields: { name?: string; chatId?: string; chatIdFirst?: boolean } = {},
): Promise<HttpAnswer> {
  const form = new FormData();
  if (fields.chatId && fields.chatIdFirst) form.append("chatId", fields.chatId);
  form.append("file", new Blob([bytes]), fields.name ?? "file.bin");
  if (fields.chatId && !fields.chatIdFirst) form.append("chatId", fields.chatId);
  return await bytesRequest({ url }, person, "POST", "/api/media/upload", { body: form });
}

/** Sends a request with a body that is not JSON. */
export async function bytesRequest(
  { url }: Server,
  person: Pick<Person, "token"> | null,
  method: string,
  path: string,
  init: RequestInit = {},
): Promise<HttpAnswer> {
  const headers = new Headers(init.headers);
  if (person) headers.set("authorization", `Bearer ${person.token}`);
  const response = await fetch(new URL(path, url), { ...init, method, headers });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isJson = bytes.length > 0 &&
    /[/+]json\b/.test(response.headers.get("content-type") ?? "");
  const body = isJson ? JSON.parse(new TextDecoder().decode(bytes)) : bytes;
  return { status: response.status, headers: response.headers, body };
}

export function download(
  server: Server,
  person: Pick<Person, "token"> | null,
  mediaId: string,
  headers: HeadersInit = {},
  query = "",
): Promise<HttpAnswer> {
  return bytesRequest(server, person, "GET", `/api/media/${mediaId}${query}`, { headers });
}
