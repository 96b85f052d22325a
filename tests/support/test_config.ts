import { type Config, loadConfig } from "../../src/config.ts";
import { LIMIT_NAMES, rateVariable } from "../../src/api/rate_limits.ts";

/**
 * Environment of a server under test: fixed secrets, so that a test can create tokens itself, no
 * rate limits that a busy test would reach, the cheapest password hashes, and a check of every
 * response against its schema.
 */
export function testEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const rates = LIMIT_NAMES.map((name) => [rateVariable(name), "1000000/1m"]);
  return {
    NODE_ENV: "test",
    LOG_LEVEL: "warn",
    JWT_SECRET: "the-access-secret-of-the-tests-is-long-enough",
    JWT_REFRESH_SECRET: "the-refresh-secret-of-the-tests-is-long-enough",
    VAPID_PUBLIC_KEY: "",
    BROKER: "local",
    BCRYPT_COST: "4",
    // The process of the tests contains many servers and their clients.
    LIMIT_SOCKET_MEMORY_BYTES: "1000000000000",
    ...Object.fromEntries(rates),
    ...extra,
  };
}

export function testConfig(dataDir: string, extra: Record<string, string> = {}): Config {
  return loadConfig({ ...testEnvironment(extra), DATA_DIR: dataDir });
}
