/**
 * Proposes usernames for a user who came through a provider and was not asked for one: from their
 * name or else their address, with more and more digits in case it is taken.
 */
export function usernamesFor(name: string | null, email: string): string[] {
  const base = plain(name ?? "") || plain(email.split("@")[0]) || "user";
  const numbered = [2, 3, 4, 6, 8, 10].map((digits) => `${base}${randomDigits(digits)}`);
  return base.length >= 3 ? [base, ...numbered] : numbered.slice(1);
}

/** Reduces text to the characters allowed in usernames: ASCII letters, digits, dots. */
function plain(text: string): string {
  return text.normalize("NFKD").toLowerCase()
    .replace(/[\s_-]+/g, ".")
    .replace(/[^a-z0-9.]/g, "")
    .replace(/\.{2,}/g, ".")
    .slice(0, 20)
    .replace(/^\.+|\.+$/g, "");
}

function randomDigits(count: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(count));
  return Array.from(bytes, (byte) => byte % 10).join("");
}
