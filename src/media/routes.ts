import type { Hono } from "hono";
import { AppError, notFound, quote } from "../core/errors.ts";
import { isId } from "../core/ids.ts";
import { type Authenticator, identifyCaller } from "../http/authenticate.ts";
import type { HttpContext, HttpEnv } from "../http/http_env.ts";
import { problemResponse } from "../http/problem_response.ts";
import type { Caller } from "../model/caller.ts";
import type { Dispatcher } from "../operations/dispatcher.ts";
import { unknownField } from "../operations/json_input.ts";
import type { LimitName } from "../operations/operation.ts";
import { mediaView } from "../wire/media.ts";
import { downloadResponse, representationOf, UnsatisfiableRange } from "./download.ts";
import type { MediaServices } from "./media_services.ts";
import { newUploadOf, offsetOf, requireTus, tusHeaders, tusOptions } from "./tus.ts";

export interface MediaRouteOptions {
  media: MediaServices;
  authenticator: Authenticator;
  dispatcher: Dispatcher;
}

const DOWNLOAD = "/api/media/:mediaId";
const UPLOADS = "/api/media/uploads";

/** The routes whose bodies are bytes; `raw_routes.ts` describes them for the OpenAPI document. */
export function mountMedia(app: Hono<HttpEnv>, options: MediaRouteOptions): void {
  const { media } = options;
  const by = callers(options);
  app.post("/api/media/upload", async (c) => {
    const { userId } = await by(c, "upload");
    assertPlain(c.req.raw.headers);
    const made = await media.forms.take(userId, c.req.raw);
    return c.json(mediaView(made), 201, { location: `/api/media/${made.id}` });
  });
  mountTus(app, media, by);
  app.get(DOWNLOAD, (c) => download(c, media, by));
}

type Callers = (c: HttpContext, limit: LimitName) => Promise<Caller>;

function callers({ authenticator, dispatcher }: MediaRouteOptions): Callers {
  return async (c, limit) => {
    const caller = await identifyCaller(c, authenticator);
    await dispatcher.charge(limit, caller, c.get("trace"));
    return caller;
  };
}

function mountTus(app: Hono<HttpEnv>, { resumable }: MediaServices, by: Callers): void {
  const one = `${UPLOADS}/:mediaId`;
  app.on("OPTIONS", [UPLOADS, one], () => tusOptions(resumable.maxSize));
  app.post(UPLOADS, async (c) => {
    const { userId } = await by(c, "upload");
    requireTus(c.req.raw.headers);
    const media = await resumable.create(userId, newUploadOf(c.req.raw.headers));
    const location = `${UPLOADS}/${media.id}`;
    return new Response(null, { status: 201, headers: { ...expiring(media), location } });
  });
  // Hono asks for a HEAD as for a GET.
  app.get(one, async (c) => {
    const { userId } = await by(c, "read");
    const { media, offset } = await resumable.state(userId, idOf(c));
    const headers = { "upload-offset": `${offset}`, "upload-length": `${media.size}` };
    return new Response(null, { status: 200, headers: { ...expiring(media), ...headers } });
  });
  app.patch(one, async (c) => {
    const { userId } = await by(c, "write");
    const { headers, body } = c.req.raw;
    requireTus(headers);
    assertPlain(headers);
    const bytes = body ?? new Blob([]).stream();
    const { media, offset } = await resumable.append(userId, idOf(c), offsetOf(headers), bytes);
    const reached = { ...expiring(media), "upload-offset": `${offset}` };
    return new Response(null, { status: 204, headers: reached });
  });
  app.delete(one, async (c) => {
    const { userId } = await by(c, "write");
    requireTus(c.req.raw.headers);
    await resumable.terminate(userId, idOf(c));
    return new Response(null, { status: 204, headers: tusHeaders() });
  });
}

/** A finished upload does not expire as an upload any more. */
function expiring(media: { status: string; checkAt: number | null }): Record<string, string> {
  if (media.status !== "pending" || media.checkAt === null) return tusHeaders();
  return tusHeaders({ "upload-expires": new Date(media.checkAt).toUTCString() });
}

async function download(c: HttpContext, media: MediaServices, by: Callers): Promise<Response> {
  const { thumbnail, link } = downloadQuery(c.req.raw.url);
  const id = c.req.param("mediaId")!;
  const verified = link && await media.links.verify(id, link);
  const { userId } = verified ?? await by(c, "read");
  const found = await media.access.require(userId, idOf(c));
  const file = representationOf(found, thumbnail);
  if (!file) throw notFound("thumbnail of the upload", found.id);
  try {
    const response = await downloadResponse(c.req.raw, file, media.blobs, verified?.secondsLeft);
    // The link is the permission: a page of another origin may show what it was given for.
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
    if (name !== "thumbnail" && !LINK.some((known) => known === name)) throw unknownField(name);
  }
  const shown = query.get("thumbnail");
  if (shown !== null && !["", "1", "true", "0", "false"].includes(shown)) {
    throw new AppError("invalid_request", `thumbnail must be true or false, not ${quote(shown)}`);
  }
  const [user, session, expires, signature] = LINK.map((name) => query.get(name) ?? "");
  const link = LINK.some((name) => query.has(name)) ? { user, session, expires, signature } : null;
  return { thumbnail: shown !== null && shown !== "0" && shown !== "false", link };
}

function idOf(c: HttpContext): string {
  const id = c.req.param("mediaId")!;
  if (isId(id)) return id;
  throw new AppError("invalid_request", `mediaId must be an id, not ${quote(id)}`);
}

function assertPlain(headers: Headers): void {
  const coding = headers.get("content-encoding");
  if (coding === null || coding.toLowerCase() === "identity") return;
  const about = `The body must be sent without a content coding, not in ${quote(coding)}`;
  throw new AppError("unsupported_media_type", about);
}
