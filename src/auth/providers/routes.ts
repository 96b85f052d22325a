import type { Hono } from "hono";
import { AppError } from "../../core/errors.ts";
import { headerText } from "../../core/mail_address.ts";
import { fittingName, isVisible } from "../../core/visible_text.ts";
import type { HttpEnv } from "../../http/http_env.ts";
import { readBytes } from "../../http/json_body.ts";

/** Far above what a provider sends; what a stranger sends is not kept. */
const LIMITS = { bodyBytes: 32 * 1024, bodyTimeMs: 10_000 };
const FIELDS = ["code", "state", "error", "iss"];
const MAX_NAME = 100;

/**
 * Takes the form by which Apple sends a person back (`response_mode=form_post`) to the page, whose
 * script can read addresses and no forms. The name comes in the form, with the first sign-in only:
 * https://developer.apple.com/documentation/signinwithapple/incorporating-sign-in-with-apple-into-other-platforms
 */
export function mountProviderReturn(app: Hono<HttpEnv>): void {
  app.post("/", (c) => returnByForm(c.req.raw));
}

async function returnByForm(request: Request): Promise<Response> {
  const type = request.headers.get("content-type")?.split(";")[0].trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded" || request.body === null) {
    throw new AppError("unsupported_media_type", "The body must be the form of a provider");
  }
  const form = new URLSearchParams(
    new TextDecoder().decode(await readBytes(request.body, LIMITS)),
  );
  const query = new URLSearchParams();
  for (const field of FIELDS) {
    const value = form.get(field);
    if (value !== null) query.set(field, value);
  }
  const name = nameIn(form.get("user"));
  if (name !== "") query.set("name", name);
  return new Response(null, {
    status: 303,
    headers: { location: `/?${query}`, "cache-control": "no-store" },
  });
}

function nameIn(user: string | null): string {
  try {
    const { firstName, lastName } = Object(JSON.parse(user ?? "{}").name);
    const parts = [firstName, lastName].filter((part) => typeof part === "string");
    const shown = fittingName(headerText(parts.join(" ")));
    return isVisible(shown) ? [...shown].slice(0, MAX_NAME).join("").trim() : "";
  } catch {
    return "";
  }
}
