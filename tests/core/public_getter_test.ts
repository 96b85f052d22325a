import assert from "node:assert/strict";
import { FetchRefused, PublicGetter } from "../../src/core/public_getter.ts";

/** A server whose paths say what it does; counts the requests that reach it. */
function startServer() {
  const asked: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname, origin } = new URL(request.url);
    asked.push(pathname);
    if (pathname === "/here") return Response.redirect(`${origin}/ok`);
    if (pathname === "/loop") return Response.redirect(`${origin}/loop`);
    if (pathname === "/metadata") return Response.redirect("http://169.254.169.254/latest");
    if (pathname === "/inside") return Response.redirect("https://127.0.0.1:1/secret");
    const status = /^\/status\/(\d+)$/.exec(pathname)?.[1];
    if (status) return new Response(null, { status: Number(status), headers: { location: "/ok" } });
    if (pathname === "/nowhere") return new Response(null, { status: 301 });
    if (pathname === "/parts") {
      const parts = ["first, ", "second"].map((part) => new TextEncoder().encode(part));
      return new Response(ReadableStream.from(parts));
    }
    const left = /^\/after\/(\d)$/.exec(pathname)?.[1];
    if (left) {
      return Response.redirect(left === "1" ? `${origin}/ok` : `${origin}/after/${+left - 1}`);
    }
    if (pathname === "/full") return new Response(new Uint8Array(1_000));
    if (pathname === "/large") return new Response(new Uint8Array(2_000));
    if (pathname === "/gone") return new Response("no", { status: 404 });
    return new Response("bytes");
  });
  return { server, asked, origin: `http://127.0.0.1:${server.addr.port}` };
}

const limits = () => ({ maxBytes: 1_000, signal: AbortSignal.timeout(20_000) });

Deno.test("PublicGetter fetches from allowed origins, within its bounds", async () => {
  const { server, origin } = startServer();
  const getter = new PublicGetter({ allowedOrigins: [origin] });
  const text = async (path: string) =>
    new TextDecoder().decode(await getter.get(origin + path, limits()));
  assert.equal(await text("/ok"), "bytes");
  assert.equal(await text("/here"), "bytes");
  assert.equal(await text("/parts"), "first, second");
  assert.equal(await text("/after/3"), "bytes");
  await assert.rejects(text("/after/4"), /redirects more than 3 times/);
  await assert.rejects(text("/nowhere"), /status 301/);
  assert.equal((await text("/full")).length, 1_000);
  for (const status of [300, 307, 399]) assert.equal(await text(`/status/${status}`), "bytes");
  for (const status of [201, 299, 400, 503]) {
    await assert.rejects(text(`/status/${status}`), new RegExp(`returned status ${status}`));
  }
  await assert.rejects(text("/loop"), /redirects more than 3 times/);
  await assert.rejects(text("/large"), /more than 1000 bytes/);
  await assert.rejects(text("/gone"), /status 404/);
  await assert.rejects(text("/metadata"), FetchRefused);
  await assert.rejects(text("/inside"), /no public address/);
  await server.shutdown();
});

Deno.test("PublicGetter refuses private addresses, and names that lead to them", async () => {
  const { server, asked, origin } = startServer();
  const port = new URL(origin).port;
  const names: Record<string, string[]> = {
    "private.example": ["10.0.0.1"],
    "mixed.example": ["93.184.215.14", "127.0.0.1"],
    "nothing.example": [],
  };
  const resolve = (name: string) => Promise.resolve(names[name] ?? [name]);
  const getter = new PublicGetter({ resolve });
  const hosts = [
    ...Object.keys(names),
    "127.0.0.1",
    "169.254.169.254",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "0x7f000001",
    "2130706433",
  ];
  for (const host of hosts) {
    await assert.rejects(getter.get(`https://${host}:${port}/ok`, limits()), FetchRefused, host);
  }
  await assert.rejects(getter.get(`${origin}/ok`, limits()), /not https/);
  assert.deepEqual(asked, []);
  await server.shutdown();
});
