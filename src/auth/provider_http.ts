import { AppError } from "../core/errors.ts";

const TIMEOUT_MS = 5_000;
/** More than any answer that is asked for. */
const MAX_BYTES = 256 * 1024;

/**
 * One request to a provider. Throws `unavailable` when it cannot be reached, takes too long, fails
 * (5xx) or answers no JSON; what it refuses is for the caller to judge.
 */
export async function askProvider(
  name: string,
  url: string | URL,
  init: RequestInit = {},
): Promise<{ ok: boolean; body: unknown }> {
  try {
    const response = await fetch(url, {
      ...init,
      headers: { accept: "application/json", ...init.headers },
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status >= 500 || text.length > MAX_BYTES) {
      throw new Error(`It answered ${response.status}`);
    }
    return { ok: response.ok, body: JSON.parse(text) };
  } catch (cause) {
    throw new AppError("unavailable", `Asking ${name}: it cannot be reached for now`, { cause });
  }
}
