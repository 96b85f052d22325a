export interface KvConnectionOptions {
  /** A `denokv` server; its token has to be in the environment as DENO_KV_ACCESS_TOKEN. */
  url: string | null;
  /** A file; null on Deno Deploy, whose own KV has no path. */
  path: string | null;
}

/**
 * Deno KV, wherever it is. A file serves one process (its workers included, which hear each other);
 * several processes need a server, since a watch on a file hears only its own process.
 */
export async function openKv({ url, path }: KvConnectionOptions): Promise<Deno.Kv> {
  const place = url ?? path ?? undefined;
  try {
    return await Deno.openKv(place);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Opening Deno KV at ${place ?? "its default place"} failed: ${reason}`, {
      cause,
    });
  }
}
