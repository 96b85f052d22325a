/** A package is not cached and could not be fetched. The message names the cause in one line. */
export class PackageMissing extends Error {
  override name = "PackageMissing";
}

/**
 * Imports an npm package that is in no lock file, as on Deno Deploy, where no launcher passes
 * `fcm.lock`. Deno adds what it fetched to deno.lock. In a read-only folder the import fails only
 * because of that, although the package was fetched: importing it again succeeds. Throws
 * `PackageMissing`.
 */
export async function importPackage(specifier: string) {
  try {
    return await import(specifier).catch(() => import(specifier));
  } catch (error) {
    const [reason] = String(error).split("\n");
    throw new PackageMissing(`Cannot load ${specifier}: ${reason}`, { cause: error });
  }
}
