/**
 * Returns a TCP port on 127.0.0.1 that was free a moment ago. Another process may take it before it
 * is used: a server that can listen on port 0 and report its port should do that, and the others
 * should try again.
 */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
