import { join } from "node:path";

const TYPES: Record<string, string> = {
  css: "text/css",
  html: "text/html; charset=utf-8",
  js: "text/javascript",
};

/** Serves files on a free port; `at` returns the folder of an address. */
export function servedFolder(
  folder: string,
  mounts: Record<string, string> = {},
): Deno.HttpServer<Deno.NetAddr> & { url: string } {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    const mount = Object.keys(mounts).find((prefix) => path.startsWith(prefix));
    const file = mount ? join(mounts[mount], path.slice(mount.length)) : join(folder, path);
    const bytes = await Deno.readFile(file).catch(() => null);
    if (bytes === null) return new Response(null, { status: path === "/favicon.ico" ? 204 : 404 });
    return new Response(bytes, { headers: { "content-type": TYPES[file.split(".").at(-1)!] } });
  });
  return Object.assign(server, { url: `http://127.0.0.1:${server.addr.port}/` });
}
