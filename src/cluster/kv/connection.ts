export interface KvConnectionOptions {
  /** URL of a `denokv` server; its token has to be in the environment as DENO_KV_ACCESS_TOKEN. */
  url: string | null;
  /** Path of a file; null on Deno Deploy, whose own KV has no path. */
  path: string | null;
}

/**
 * Opens Deno KV on a server, in a file, or on Deno Deploy. A file serves one process (including its
 * workers, which see each other's writes); several processes need a server, since a watch on a file
 * reports only the writes of the same process.
 */
export async function openKv({ url, path }: KvConnectionOptions): Promise<Deno.Kv> {
  const address = url ?? path ?? undefined;
  try {
    return await Deno.openKv(address);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot open Deno KV at ${address ?? "its default path"}: ${reason}`, {
      cause,
    });
  }
}
