import assert from "node:assert/strict";
import { jsonLog } from "../../src/core/log.ts";
import { Listener } from "../../src/listener.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";

const HOST = "127.0.0.1";

/** A listener whose address, failures and log can be read. */
function watched() {
  const seen = { addresses: [] as number[], failures: 0, errors: 0 };
  const listener = new Listener({
    fetch: () => new Response("served"),
    log: jsonLog("error", () => seen.errors++),
    onListen: ({ port }) => seen.addresses.push(port),
    onFailure: () => seen.failures++,
  });
  return { listener, seen };
}

const served = async (port: number) => await (await fetch(`http://${HOST}:${port}`)).text();

Deno.test("Listener listens again after accepting failed, and announces its address once", async () => {
  const { listener, seen } = watched();
  const other = Deno.listen({ hostname: HOST, port: 0 });
  const { port } = other.addr;
  assert.throws(() => listener.listen(HOST, port), Deno.errors.AddrInUse);
  assert.deepEqual(seen, { addresses: [], failures: 0, errors: 0 });
  // As the end of a listener reports it; the port is taken at the first try.
  listener.resume({ hostname: HOST, port }, new Error("too many open files"));
  await eventually("it has tried in vain", () => seen.failures >= 2);
  other.close();
  await eventually("it serves", async () => await served(port) === "served");
  await listener.shutdown();
  assert.equal(seen.errors, 1, "further failures of the same shortage add nothing");
  assert.deepEqual(seen.addresses, [], "a server that goes on is not announced again");
});

Deno.test("Listener announces the free port that it was given", async () => {
  const { listener, seen } = watched();
  listener.listen(HOST, 0);
  const [port] = seen.addresses;
  assert.equal(await served(port), "served");
  await listener.shutdown();
  await assert.rejects(served(port));
  assert.deepEqual(seen, { addresses: [port], failures: 0, errors: 0 });
});

Deno.test("Listener stays closed once it was shut down, also during a pause", async () => {
  const { listener, seen } = watched();
  const address = { hostname: HOST, port: freePort() };
  listener.resume(address, new Error("too many open files"));
  await listener.shutdown();
  listener.resume(address, new Error("the end of the listener"));
  assert.deepEqual(seen, { addresses: [], failures: 2, errors: 1 });
  const again = Deno.listen(address);
  again.close();
});
