import type { Hono } from "hono";
import { AppError, notFound, quote } from "../core/errors.ts";
import { type Authenticator, identifyCaller } from "../http/authenticate.ts";
import type { HttpContext, HttpEnv } from "../http/http_env.ts";
import { problemResponse } from "../http/problem_response.ts";
import type { Dispatcher } from "../operations/dispatcher.ts";
import { unknownField } from "../operations/json_input.ts";
import { mediaView } from "../api/views/media.ts";
import { downloadResponse, representationOf, UnsatisfiableRange } from "./download.ts";
import type { MediaServices } from "./create_media.ts";
import { assertPlain, idOf } from "./raw_requests.ts";
import { type Callers, mountTus } from "./tus/routes.ts";

export interface MediaRouteOptions {
  media: MediaServices;
  authenticator: Authenticator;
  dispatcher: Dispatcher;
}

const DOWNLOAD = "/api/media/:mediaId";

/**
 * Routes whose bodies are bytes; api/operations/media_bytes.ts describes them for the OpenAPI
 * document.
 */
export function mountMedia(app: Hono<HttpEnv>, options: MediaRouteOptions): void {
  const { media } = options;
  const by = callers(options);
  app.post("/api/media/upload", async (c) => {
    const { userId } = await by(c, "upload", "messages:write");
    assertPlain(c.req.raw.headers);
    const created = await media.forms.take(userId, c.req.raw);
    return c.json(mediaView(created), 201, { location: `/api/media/${created.id}` });
  });
  mountTus(app, media.resumable, by);
  app.get(DOWNLOAD, (c) => download(c, media, by));
}

function callers({ authenticator, dispatcher }: MediaRouteOptions): Callers {
  return async (c, limit, scope) => {
    const caller = await identifyCaller(c, authenticator, scope);
    await dispatcher.charge(limit, caller, c.get("trace"));
    return caller;
  };
}

async function download(c: HttpContext, media: MediaServices, by: Callers): Promise<Response> {
  const { thumbnail, link } = downloadQuery(c.req.raw.url);
  const id = c.req.param("mediaId")!;
  const verified = link && await media.links.verify(id, link);
  const { userId } = verified ?? await by(c, "read", "messages:read");
  const found = await media.access.require(userId, idOf(id));
  const file = representationOf(found, thumbnail);
  if (!file) throw notFound("thumbnail of the upload", found.id);
  try {
    const blobs = media.downloads.of(userId);
    const response = await downloadResponse(c.req.raw, file, blobs, verified?.secondsLeft);
    // The link is the permission: a page of another origin may show what the link was created for.
    if (link) response.headers.set("cross-origin-resource-policy", "cross-origin");
    return response;
  } catch (error) {
    if (!(error instanceof UnsatisfiableRange)) throw error;
    c.get("trace").errorCode = error.code;
    return problemResponse(error, { "content-range": `bytes */${error.size}` });
  }
}

const LINK = ["user", "session", "expires", "signature"] as const;

function downloadQuery(url: string) {
  const query = new URL(url).searchParams;
  for (const name of query.keys()) {
    if (name !== "thumbnail" && !LINK.some((field) => field === name)) throw unknownField(name);
  }
  const shown = query.get("thumbnail");
  if (shown !== null && !["", "1", "true", "0", "false"].includes(shown)) {
    throw new AppError("invalid_request", `thumbnail must be true or false, not ${quote(shown)}`);
  }
  const [user, session, expires, signature] = LINK.map((name) => query.get(name) ?? "");
  const link = LINK.some((name) => query.has(name)) ? { user, session, expires, signature } : null;
  return { thumbnail: shown !== null && shown !== "0" && shown !== "false", link };
}
