import { dateTime } from "../mail/mail_templates.ts";
import { escapeHtml } from "../mail/mail_layout.ts";
import type { LinkPurpose } from "./account_mail.ts";

/** One way to follow the link. */
export interface PageForm {
  /** Introductory text above the form. */
  intro?: string;
  /** The password field, named as in the operation's request. */
  field: { name: "password" | "newPassword"; label: string; isNew: boolean };
  button: string;
}

export interface PageText {
  title: string;
  forms: readonly PageForm[];
  done: string;
}

/** The account that the link belongs to. */
export interface PageAccount {
  username: string;
  createdAt: number;
}

const OWN_PASSWORD = { name: "password", label: "Password of the account", isNew: false } as const;
const NEW_PASSWORD = { name: "password", label: "New password", isNew: true } as const;

export const PAGES: Readonly<Record<LinkPurpose, PageText>> = {
  verify_email: {
    title: "Confirm your e-mail address",
    forms: [
      { field: OWN_PASSWORD, button: "Confirm the address" },
      {
        intro:
          "You do not know the password, or did not open this account yourself? Choose a new " +
          "password: the account is then yours, and anyone else who uses it is signed out.",
        field: { ...NEW_PASSWORD, name: "newPassword" },
        button: "Make the account mine",
      },
    ],
    done: "Thank you: the address is confirmed. You can close this page.",
  },
  change_email: {
    title: "Use this e-mail address",
    forms: [{ field: OWN_PASSWORD, button: "Use this address" }],
    done: "This is the address of your account now. You can close this page.",
  },
  reset_password: {
    title: "Choose a new password",
    forms: [{ field: NEW_PASSWORD, button: "Save the password" }],
    done: "The password is changed, and all devices are signed out. Sign in with the new one.",
  },
  undo_email: {
    title: "Put your e-mail address back",
    forms: [{ field: NEW_PASSWORD, button: "Put this address back" }],
    done: "Your address is back, and all devices are signed out. Sign in with the new password.",
  },
};

const STYLE =
  `body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem}
input,button{font:inherit;width:100%;box-sizing:border-box;padding:.6rem;margin:.3rem 0 1rem}
form+form{border-top:1px solid;margin-top:2rem;padding-top:1rem}
:root{color-scheme:light dark}`;

/** Allows sending only the page's own form, and no scripts. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'";

/** Renders the forms if a token is given, below the account and the message. */
export function accountPage(
  status: number,
  { title, forms }: PageText,
  { token, account, message }: { token?: string; account?: PageAccount; message?: string },
): Response {
  const parts = [
    account && paragraph(`Account: ${account.username}, opened on ${dateTime(account.createdAt)}`),
    message && paragraph(message),
    ...(token === undefined ? [] : forms.map((form) => formOf(form, token))),
  ];
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style>
</head><body><h1>${title}</h1>${parts.filter(Boolean).join("\n")}</body></html>`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": POLICY,
  };
  return new Response(html, { status, headers });
}

function formOf({ intro, field: { name, label, isNew }, button }: PageForm, token: string): string {
  const limits = isNew ? `minlength="8" maxlength="256"` : "";
  const autocomplete = isNew ? "new-password" : "current-password";
  return `<form method="post">${intro ? paragraph(intro) : ""}
<input type="hidden" name="token" value="${escapeHtml(token)}">
<label>${label}<input type="password" name="${name}" ${limits} autocomplete="${autocomplete}"
required></label><button>${button}</button></form>`;
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}
