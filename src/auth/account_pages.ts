export interface PageText {
  title: string;
  /** What the button does. */
  button: string;
  /** Whether a new password is asked for. */
  password?: true;
  done: string;
}

export const PAGES = {
  verify_email: {
    title: "Confirm your e-mail address",
    button: "Confirm the address",
    done: "Thank you: the address is confirmed. You can close this page.",
  },
  change_email: {
    title: "Use this e-mail address",
    button: "Use this address",
    done: "This is the address of your account now. You can close this page.",
  },
  reset_password: {
    title: "Choose a new password",
    button: "Save the password",
    password: true,
    done: "The password is changed, and all devices are signed out. Sign in with the new one.",
  },
} satisfies Record<string, PageText>;

const STYLE =
  `body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem}
input,button{font:inherit;width:100%;box-sizing:border-box;padding:.6rem;margin:.3rem 0 1rem}
:root{color-scheme:light dark}`;

/** Only its own form may be sent, and nothing runs. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'";

/** With a token it has the form; the message stands above it. */
export function accountPage(
  status: number,
  { title, button, password }: PageText,
  { token, message }: { token?: string; message?: string },
): Response {
  const field = password
    ? `<label>New password<input type="password" name="password" minlength="8" maxlength="256"
        autocomplete="new-password" required></label>`
    : "";
  const form = token === undefined ? "" : `<form method="post">
<input type="hidden" name="token" value="${escapeHtml(token)}">${field}
<button>${button}</button></form>`;
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style>
</head><body><h1>${title}</h1>${
    message ? `<p>${escapeHtml(message)}</p>` : ""
  }${form}</body></html>`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": POLICY,
  };
  return new Response(html, { status, headers });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
