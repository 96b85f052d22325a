import type { Hono, MiddlewareHandler } from "hono";
import { TUS_VERSION } from "../../api/operations/tus.ts";
import { AppError, quote } from "../../core/errors.ts";
import type { HttpContext, HttpEnv } from "../../http/http_env.ts";
import { problemResponse } from "../../http/problem_response.ts";
import type { Caller } from "../../model/caller.ts";
import type { Scope } from "../../model/api_key.ts";
import type { Media } from "../../model/media.ts";
import type { LimitName } from "../../api/operation.ts";
import { assertPlain, idOf } from "../raw_requests.ts";
import type { ResumableUploads } from "../resumable_uploads.ts";
import {
  checksumOf,
  hasBytes,
  newUploadOf,
  offsetOf,
  requireTus,
  tusHeaders,
  tusOptions,
} from "../tus.ts";

/** Identifies the caller of a request whose body is bytes, and charges it to a rate limit. */
export type Callers = (c: HttpContext, limit: LimitName, scope?: Scope) => Promise<Caller>;

const UPLOADS = "/api/media/uploads";

/**
 * Routes of tus 1.0. The client's method may be in X-HTTP-Method-Override, for proxies that allow
 * few methods.
 */
export function mountTus(app: Hono<HttpEnv>, uploads: ResumableUploads, by: Callers): void {
  const routes = new TusRoutes(uploads, by);
  const one = `${UPLOADS}/:mediaId`;
  app.use(`${UPLOADS}/*`, versioned);
  app.on("OPTIONS", [UPLOADS, one], () => tusOptions(uploads.maxSize));
  app.post(UPLOADS, (c) => routes.create(c));
  // Hono routes HEAD requests like GET.
  app.on(["GET", "POST", "PATCH", "DELETE"], one, (c) => routes.dispatch(c));
}

/**
 * Every response names the version, errors included, and an error about the version names the
 * supported ones.
 */
const versioned: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next();
  c.res.headers.set("tus-resumable", TUS_VERSION);
  if (c.res.status === 412) c.res.headers.set("tus-version", TUS_VERSION);
};

class TusRoutes {
  constructor(private readonly uploads: ResumableUploads, private readonly by: Callers) {}

  async create(c: HttpContext): Promise<Response> {
    const { userId } = await this.by(c, "upload");
    const { headers, body } = c.req.raw;
    requireTus(headers);
    const upload = newUploadOf(headers);
    const checksum = checksumOf(headers);
    const media = await this.uploads.create(userId, upload);
    const answer = { ...expiring(media), location: `${UPLOADS}/${media.id}` };
    if (!body || !hasBytes(headers) || upload.parts || upload.size === 0) {
      return new Response(null, { status: 201, headers: answer });
    }
    assertPlain(headers);
    const { offset } = await this.uploads.append(userId, media.id, { offset: 0, body, checksum });
    return new Response(null, {
      status: 201,
      headers: { ...answer, "upload-offset": `${offset}` },
    });
  }

  async dispatch(c: HttpContext): Promise<Response> {
    const method = c.req.header("x-http-method-override")?.toUpperCase() ?? c.req.method;
    switch (method) {
      case "GET":
      case "HEAD":
        return await this.#state(c);
      case "PATCH":
        return await this.#append(c);
      case "DELETE":
        return await this.#terminate(c);
      default:
        return notAllowed(c, method);
    }
  }

  async #state(c: HttpContext): Promise<Response> {
    const { userId } = await this.by(c, "read");
    if (c.req.header("tus-resumable") !== undefined) requireTus(c.req.raw.headers);
    const { media, offset } = await this.uploads.state(userId, uploadIn(c));
    const { metadata = "", concat = "" } = media.tus ?? {};
    const headers = {
      ...expiring(media),
      "upload-offset": `${offset}`,
      "upload-length": `${media.size}`,
      ...metadata && { "upload-metadata": metadata },
      ...concat && { "upload-concat": concat },
    };
    return new Response(null, { status: 200, headers });
  }

  async #append(c: HttpContext): Promise<Response> {
    const { userId } = await this.by(c, "write");
    const { headers, body } = c.req.raw;
    requireTus(headers);
    assertPlain(headers);
    const { media, offset } = await this.uploads.append(userId, uploadIn(c), {
      offset: offsetOf(headers),
      body: body ?? new Blob([]).stream(),
      checksum: checksumOf(headers),
    });
    const reached = { ...expiring(media), "upload-offset": `${offset}` };
    return new Response(null, { status: 204, headers: reached });
  }

  async #terminate(c: HttpContext): Promise<Response> {
    const { userId } = await this.by(c, "write");
    requireTus(c.req.raw.headers);
    await this.uploads.terminate(userId, uploadIn(c));
    return new Response(null, { status: 204, headers: tusHeaders() });
  }
}

/** POST is a route only for the method that it stands for. */
function notAllowed(c: HttpContext, method: string): Response {
  const allow = "DELETE, GET, HEAD, OPTIONS, PATCH";
  const error = new AppError(
    "method_not_allowed",
    `${quote(method)} is not a method of an upload, but ${allow}`,
  );
  c.get("trace").errorCode = error.code;
  return problemResponse(error, { allow });
}

/** A finished upload no longer expires as an upload. */
function expiring(media: Pick<Media, "status" | "checkAt">): Record<string, string> {
  if (media.status !== "pending" || media.checkAt === null) return tusHeaders();
  return tusHeaders({ "upload-expires": new Date(media.checkAt).toUTCString() });
}

function uploadIn(c: HttpContext): string {
  return idOf(c.req.param("mediaId")!);
}
