/** Minimum version of Deno for this server; `minimumDenoVersion` in deno.json repeats it. */
export const MINIMUM_DENO_VERSION = "2.5.0";

/** Returns why this Deno is too old to run the server, or null. `version` as in `2.5.0-rc.1`. */
export function denoVersionFault(version: string): string | null {
  if (compareVersions(version, MINIMUM_DENO_VERSION) >= 0) return null;
  return `Cannot run on Deno ${version}: RealTimeChat needs Deno ${MINIMUM_DENO_VERSION} or newer ` +
    "(run `deno upgrade`)";
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/[.+-]/).slice(0, 3).map(Number));
  const at = left.findIndex((part, i) => part !== right[i]);
  return at < 0 ? 0 : left[at] - right[at];
}
