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

/** Colors, type and spacing of the page at `/`: see src/web/page/tokens.css. */
const STYLE = `:root{color-scheme:light dark;--canvas:light-dark(#f5f6fa,#101218);
--surface:light-dark(#fff,#171a22);--line:light-dark(#e2e5ee,#2a2f3d);--border:light-dark(#858ba0,#6e768d);
--text:light-dark(#161925,#e9ebf3);--muted:light-dark(#575e74,#a1a8bb);--accent:light-dark(#3a4fd0,#aab8ff);
--strong:light-dark(#3a4fd0,#4f63e6);--note:light-dark(#e5e9fd,#2b3357)}
*{box-sizing:border-box}
body{margin:0;min-height:100dvh;display:grid;place-items:center;padding:1.5rem 1rem;background:var(--canvas);
color:var(--text);font:.9375rem/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{width:min(26rem,100%);display:grid;gap:1rem;padding:1.5rem;border:1px solid var(--line);
border-radius:1rem;background:var(--surface)}
h1{margin:0;font-size:1.375rem;line-height:1.3}
p{margin:0;overflow-wrap:anywhere}
.account{color:var(--muted);font-size:.8125rem}
.message{padding:.75rem 1rem;border-radius:.625rem;background:var(--note)}
form{display:grid;gap:1rem}
form+form{padding-top:1rem;border-top:1px solid var(--line)}
label{display:grid;gap:.25rem;font-size:.8125rem;font-weight:550}
input,button{font:inherit;min-height:2.5rem;padding:0 .75rem;border-radius:.625rem}
input{border:1px solid var(--border);background:var(--surface);color:inherit;font-size:.9375rem}
button{border:0;background:var(--strong);color:#fff;font-weight:550;cursor:pointer}
form+form button{border:1px solid var(--border);background:none;color:inherit}
a{color:var(--accent);font-size:.8125rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}`;

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
    account &&
    paragraph(`Account: ${account.username}, opened on ${dateTime(account.createdAt)}`, "account"),
    message && paragraph(message, "message"),
    ...(token === undefined ? [] : forms.map((form) => formOf(form, token))),
  ];
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style>
</head><body><main><h1>${title}</h1>${parts.filter(Boolean).join("\n")}
<p><a href="/">Open the chats</a></p></main></body></html>`;
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

function paragraph(text: string, kind?: "account" | "message"): string {
  return `<p${kind ? ` class="${kind}"` : ""}>${escapeHtml(text)}</p>`;
}
