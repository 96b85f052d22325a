import { Buffer } from "node:buffer";

/** A mail as a mail program shows it: enough of MIME (RFC 2045 to 2047) for text and HTML. */
export interface MimeMessage {
  /** Headers by lower-case name; with all values of a repeated one. */
  headers: Map<string, string[]>;
  text?: string;
  html?: string;
}

export function parseMimeMessage(raw: string): MimeMessage {
  const { headers, body } = splitHeaders(raw);
  const parts = new Map<string, string>();
  collectParts(headers, body, parts);
  return { headers, text: parts.get("text/plain"), html: parts.get("text/html") };
}

function splitHeaders(raw: string) {
  const end = raw.indexOf("\r\n\r\n");
  const headers = new Map<string, string[]>();
  const unfolded = raw.slice(0, end).replace(/\r\n(?=[ \t])/g, "");
  for (const line of unfolded.split("\r\n")) {
    const [, name, value] = /^([!-9;-~]+):\s*(.*)$/.exec(line) ?? fail(line);
    const key = name.toLowerCase();
    headers.set(key, [...headers.get(key) ?? [], decodeWords(value)]);
  }
  return { headers, body: raw.slice(end + 4) };
}

function fail(line: string): never {
  throw new Error(`The mail has a line that is no header: ${JSON.stringify(line)}`);
}

function collectParts(headers: Map<string, string[]>, body: string, into: Map<string, string>) {
  const type = headers.get("content-type")?.[0] ?? "text/plain";
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
  if (boundary === undefined) {
    const encoding = headers.get("content-transfer-encoding")?.[0] ?? "7bit";
    const decoded = decodeBody(body, encoding).replaceAll("\r\n", "\n");
    into.set(type.split(";")[0].trim(), decoded);
    return;
  }
  for (const part of body.split(`--${boundary}`).slice(1, -1)) {
    const inner = splitHeaders(part.replace(/^\r\n/, "").replace(/\r\n$/, ""));
    collectParts(inner.headers, inner.body, into);
  }
}

function decodeBody(body: string, encoding: string): string {
  if (encoding === "base64") return Buffer.from(body, "base64").toString("utf8");
  if (encoding !== "quoted-printable") return body;
  return decodeHex(body.replace(/=\r\n/g, ""), "=");
}

/** Decodes encoded words (RFC 2047); the space between two of them is dropped. */
function decodeWords(value: string): string {
  return value.replace(/\?=\s+=\?/g, "?==?").replace(
    /=\?utf-8\?([BQ])\?([^?]*)\?=/gi,
    (_, encoding, text) =>
      encoding.toUpperCase() === "B"
        ? Buffer.from(text, "base64").toString("utf8")
        : decodeHex(text.replaceAll("_", " "), "="),
  );
}

function decodeHex(text: string, mark: string): string {
  const bytes = text.replace(
    new RegExp(`${mark}([0-9A-F]{2})`, "gi"),
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}
