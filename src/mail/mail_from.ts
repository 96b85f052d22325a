/** Parses the value of MAIL_FROM: `RealTimeChat <chat@example.com>`, or a bare address. */
export function parseMailFrom(mailbox: string): { name: string; address: string } {
  const named = /^([^<>]*)<([^<>]+)>$/.exec(mailbox.trim());
  if (!named) return { name: "", address: mailbox.trim() };
  return { name: named[1].trim().replace(/^"(.*)"$/, "$1"), address: named[2].trim() };
}
