import { findService, missingReason, type ServiceName } from "./services.ts";

const reported = new Set<ServiceName>();

/**
 * For a test's `ignore`: returns true when one of the services is missing, and prints that once per
 * file. With CI=true nothing is ever skipped, so that the test runs and fails for lack of the
 * service.
 */
export function skipWithout(...names: ServiceName[]): boolean {
  if (Deno.env.get("CI") === "true") return false;
  const missing = names.filter((name) => findService(name) === null);
  for (const name of missing) {
    if (!reported.has(name)) console.warn(`Tests are skipped: ${missingReason(name)}`);
    reported.add(name);
  }
  return missing.length > 0;
}
