import { splitAtIgnored } from "../../core/visible_text.ts";

const SEPARATORS = /[\s<>"'`()[\]{}|\\^]+/u;
/** Browsers need no slashes after it. */
const SCHEME = /https?:/i;
/** An IPv6 address as a host: behind a scheme, slashes or a user's name. */
const ADDRESS_HOST = /(?<=[/\\:@])\[[\da-f:.]{2,45}\]/gi;
/** Ends a host in an address that is written without a scheme. */
const AFTER_HOST = /[/?#:]/;
const PUNCTUATION = ".,;:!?…";
const MAX_HOST = 253;

/**
 * Returns the hosts of the links in a text, in lower case: addresses with a scheme, and names such
 * as `example.org/x`. Takes time linear in the length of the text.
 */
export function linkHosts(text: string): string[] {
  const addresses = text.match(ADDRESS_HOST) ?? [];
  const hosts = addresses.flatMap((address) => parsedHost(`https://${address}`) ?? []);
  const parts = text.split(SEPARATORS).flatMap(readings);
  return [...hosts, ...parts.flatMap((part) => hostOf(part) ?? [])];
}

/**
 * Some programs end a link at a character that is drawn as nothing, and others take it out: returns
 * what each of them would read.
 */
function readings(part: string): string[] {
  const pieces = splitAtIgnored(part);
  return pieces.length === 1 ? pieces : [pieces.join(""), ...pieces];
}

function hostOf(part: string): string | null {
  const at = part.search(SCHEME);
  if (at >= 0) return parsedHost(part.slice(at));
  const authority = part.search(/(?<=^|:)\/\//);
  if (authority >= 0) return dottedHost(`https:${part.slice(authority)}`);
  const trimmed = withoutPunctuation(part);
  const end = trimmed.search(AFTER_HOST);
  const host = end < 0 ? trimmed : trimmed.slice(0, end);
  return host.length <= MAX_HOST && isName(host) ? parsedHost(`https://${host}`) : null;
}

/** True for names whose last label is of letters, so that "3.14" and "e.g." are none. */
function isName(host: string): boolean {
  const labels = host.split(".");
  return labels.length >= 2 && labels.every((label) => /^[\p{L}\p{N}\p{M}-]{1,63}$/u.test(label)) &&
    /^\p{L}[\p{L}\p{M}]+$/u.test(labels.at(-1)!);
}

function parsedHost(address: string): string | null {
  const host = URL.parse(withoutPunctuation(address))?.hostname.replace(/\.$/, "");
  return host ? host.toLowerCase() : null;
}

/** For addresses of other schemes or none: `and://or` is no link. */
function dottedHost(address: string): string | null {
  const host = parsedHost(address);
  return host?.includes(".") ? host : null;
}

function withoutPunctuation(text: string): string {
  let end = text.length;
  while (end > 0 && PUNCTUATION.includes(text[end - 1])) end--;
  return text.slice(0, end);
}

/** True if `host` is one of the names, or under one of them. */
export function isListed(host: string, names: readonly string[]): boolean {
  return names.some((name) => host === name || host.endsWith(`.${name}`));
}
