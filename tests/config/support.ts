import { ConfigError, loadConfig } from "../../src/config.ts";
import type { Environment } from "../../src/config/environment.ts";

export const SECRET = "a-secret-of-at-least-thirty-two-bytes";
export const OTHER_SECRET = "another-secret-of-at-least-thirty-two";

/** The minimum that production starts with. */
export const PRODUCTION: Environment = {
  NODE_ENV: "production",
  JWT_SECRET: SECRET,
  JWT_REFRESH_SECRET: OTHER_SECRET,
};

/** Returns the error of an environment that must be refused. */
export function refusal(environment: Environment): ConfigError {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error(`This environment was taken: ${JSON.stringify(environment)}`);
}

export function faultyVariables(environment: Environment): string[] {
  return refusal(environment).faults.map(({ variable }) => variable);
}
