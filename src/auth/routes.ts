import type { Hono } from "hono";
import { AppError, quote } from "../core/errors.ts";
import { toProblem } from "../core/problem.ts";
import type { HttpContext, HttpEnv } from "../http/http_env.ts";
import { type BodyLimits, readBytes } from "../http/json_body.ts";
import type { Dispatcher } from "../operations/dispatcher.ts";
import type { Bound } from "../operations/handler.ts";
import { LINK_PATHS, type LinkPurpose } from "./account_mail.ts";
import { type AccountLinks, linkExpired } from "./account_links.ts";
import { accountPage, type PageAccount, PAGES } from "./account_pages.ts";
import * as credentials from "../api/operations/credentials.ts";

const OPERATIONS = {
  verify_email: credentials.verifyEmail,
  change_email: credentials.confirmEmailChange,
  reset_password: credentials.resetPassword,
  undo_email: credentials.undoEmailChange,
} satisfies Record<LinkPurpose, unknown>;

export interface AccountPagesOptions {
  dispatcher: Dispatcher;
  bound: readonly Bound[];
  links: Pick<AccountLinks, "peek">;
  limits: BodyLimits;
}

/**
 * The pages that the links in mails lead to: plain forms, without a script. Opening a link changes
 * nothing, because mail scanners open all links; submitting the form does, through the operation,
 * with the limits, that a client application calls.
 */
export function mountAccountPages(app: Hono<HttpEnv>, options: AccountPagesOptions): void {
  for (const purpose of Object.keys(OPERATIONS) as LinkPurpose[]) {
    const { name } = OPERATIONS[purpose];
    const bound = options.bound.find(({ operation }) => operation.name === name);
    if (!bound) throw new Error(`Cannot mount the page: there is no operation ${quote(name)}`);
    app.get(LINK_PATHS[purpose], (c) => show(c, purpose, options));
    app.post(LINK_PATHS[purpose], (c) => submit(c, purpose, bound, options));
  }
}

/** Reports an expired link at once, before the user chooses a password in vain. */
async function show(
  c: HttpContext,
  purpose: LinkPurpose,
  { links, dispatcher }: AccountPagesOptions,
): Promise<Response> {
  const token = c.req.query("token") ?? "";
  await dispatcher.charge("read", c.get("visitor"), c.get("trace"));
  const account = await accountOf(links, purpose, token);
  if (account) return accountPage(200, PAGES[purpose], { token, account });
  return accountPage(200, PAGES[purpose], { message: `${linkExpired().message}.` });
}

async function accountOf(
  links: AccountPagesOptions["links"],
  purpose: LinkPurpose,
  token: string,
): Promise<PageAccount | undefined> {
  return token.length > 200 ? undefined : (await links.peek(purpose, token))?.user;
}

async function submit(
  c: HttpContext,
  purpose: LinkPurpose,
  bound: Bound,
  { dispatcher, limits, links }: AccountPagesOptions,
): Promise<Response> {
  const page = PAGES[purpose];
  const fields = await readForm(c, limits);
  try {
    await dispatcher.dispatch(bound, c.get("visitor"), fields, c.get("trace"));
    return accountPage(200, page, { message: page.done });
  } catch (error) {
    const { status, detail, errors = [] } = toProblem(error);
    // A rejected password can be typed again; an expired link cannot be followed.
    const fault = errors.find(({ path }) => path === "password" || path === "newPassword");
    if (!fault) return accountPage(status, page, { message: `${detail}.` });
    const account = await accountOf(links, purpose, fields.token);
    const message = fault.message === detail ? `${detail}.` : `The password ${fault.message}.`;
    return accountPage(status, page, { message, account, token: fields.token });
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
