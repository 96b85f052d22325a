/** `RealTimeChat <chat@example.com>`, or a bare address, as MAIL_FROM has it. */
export function parseMailFrom(mailbox: string): { name: string; address: string } {
  const named = /^([^<>]*)<([^<>]+)>$/.exec(mailbox.trim());
  if (!named) return { name: "", address: mailbox.trim() };
  return { name: named[1].trim().replace(/^"(.*)"$/, "$1"), address: named[2].trim() };
}
