import type { Hono } from "hono";
import { AppError, quote } from "../core/errors.ts";
import { toProblem } from "../core/problem.ts";
import type { HttpContext, HttpEnv } from "../http/http_env.ts";
import { type BodyLimits, readBytes } from "../http/json_body.ts";
import type { Dispatcher } from "../operations/dispatcher.ts";
import type { Bound } from "../operations/handler.ts";
import { LINK_PATHS } from "./account_mail.ts";
import { accountPage, PAGES, type PageText } from "./account_pages.ts";
import * as credentials from "./credential_operations.ts";

const OPERATIONS = {
  verify_email: credentials.verifyEmail,
  change_email: credentials.confirmEmailChange,
  reset_password: credentials.resetPassword,
};

type Purpose = keyof typeof OPERATIONS;

export interface AccountPagesOptions {
  dispatcher: Dispatcher;
  bound: readonly Bound[];
  limits: BodyLimits;
}

/**
 * The pages that the links in mails lead to: plain forms, without a script. Opening a link changes
 * nothing, for mail scanners open all of them; the form's button does, through the same operation,
 * with the same limits, that an app of its own would call.
 */
export function mountAccountPages(app: Hono<HttpEnv>, options: AccountPagesOptions): void {
  for (const purpose of Object.keys(OPERATIONS) as Purpose[]) {
    const { name } = OPERATIONS[purpose];
    const bound = options.bound.find(({ operation }) => operation.name === name);
    if (!bound) throw new Error(`There is no operation ${quote(name)}`);
    app.get(LINK_PATHS[purpose], (c) => show(c, PAGES[purpose]));
    app.post(LINK_PATHS[purpose], (c) => submit(c, PAGES[purpose], bound, options));
  }
}

function show(c: HttpContext, page: PageText): Response {
  return accountPage(200, page, { token: c.req.query("token") ?? "" });
}

async function submit(
  c: HttpContext,
  page: PageText,
  bound: Bound,
  { dispatcher, limits }: AccountPagesOptions,
): Promise<Response> {
  const fields = await readForm(c, limits);
  try {
    await dispatcher.dispatch(bound, c.get("visitor"), fields, c.get("trace"));
    return accountPage(200, page, { message: page.done });
  } catch (error) {
    const { status, detail, errors = [] } = toProblem(error);
    const faults = errors.map(({ message }) => message).join("; ");
    // A password that is refused can be typed again; a link that is over cannot.
    const again = errors.some(({ path }) => path === "password");
    const message = faults && again ? `The password ${faults}.` : `${detail}.`;
    return accountPage(status, page, { message, ...(again && { token: fields.token }) });
  }
}

async function readForm(c: HttpContext, limits: BodyLimits): Promise<Record<string, string>> {
  const { body, headers } = c.req.raw;
  const type = headers.get("content-type")?.split(";")[0].trim().toLowerCase();
  if (body === null || type !== "application/x-www-form-urlencoded") {
    throw new AppError("unsupported_media_type", "The body must be a form of this page");
  }
  const text = new TextDecoder().decode(await readBytes(body, limits));
  return Object.fromEntries(new URLSearchParams(text));
}
