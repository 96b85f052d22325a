import { headerText } from "../core/mail_address.ts";

/** The text of a mail, and its one link. */
export interface MailText {
  subject: string;
  /** Plain text, one entry per paragraph. */
  paragraphs: string[];
  action?: { label: string; link: string };
  /** Text after the action: advice for a recipient who did not request the mail. */
  closing?: string[];
}

export interface MailContent {
  subject: string;
  text: string;
  html: string;
}

/** Renders the text both as plain text and as HTML; everything in the HTML is escaped. */
export function layOut(product: string, mail: MailText): MailContent {
  const name = headerText(product);
  const { subject, paragraphs, action, closing = [] } = mail;
  const text = [
    ...paragraphs,
    ...(action ? [`${action.label}:\n${checkLink(action.link)}`] : []),
    ...closing,
    `— ${name}`,
  ];
  const html = [
    ...paragraphs.map(paragraph),
    ...(action ? [button(action.label, action.link)] : []),
    ...closing.map(paragraph),
    paragraph(`— ${name}`),
  ];
  return { subject: headerText(subject), text: `${text.join("\n\n")}\n`, html: page(html) };
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A link is created by the server; any other value is a bug and must not become `javascript:`. */
function checkLink(link: string): string {
  if (/^https?:\/\/[^\s<>"]+$/.test(link)) return link;
  throw new TypeError("Cannot lay out the mail: its link must be an http or https URL");
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

function button(label: string, link: string): string {
  const href = escapeHtml(checkLink(link));
  return `<p><a href="${href}" style="display:inline-block;padding:10px 18px;border-radius:6px;` +
    `background:#1d4ed8;color:#fff;text-decoration:none">${escapeHtml(label)}</a></p>\n` +
    `<p style="font-size:13px;color:#555">${href}</p>`;
}

function page(parts: string[]): string {
  return `<!doctype html>
<html lang="en">
<body style="font-family:system-ui,sans-serif;line-height:1.5;color:#111;max-width:36em;margin:2em auto">
${parts.join("\n")}
</body>
</html>
`;
}
