import type { z } from "zod";
import type { ConfigFault } from "./fault.ts";
import { oidcVariables } from "./oidc.ts";
import type { Variable } from "./variable.ts";
import { type NamedVariables, VARIABLE_NAMES, VARIABLES } from "./variables.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The values of variables that are set and valid; other variables are absent. */
export type Values =
  & { [Name in keyof NamedVariables]?: z.output<ReturnType<NamedVariables[Name]["schema"]>> }
  & Record<string, unknown>;

/**
 * Returns the whole environment, so that misspelt names are found; if `--allow-env` lists names,
 * only those.
 */
export function processEnvironment(): Environment {
  try {
    return Deno.env.toObject();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    const named = valuesOf([...VARIABLE_NAMES, "DENO_DEPLOYMENT_ID"]);
    return { ...named, ...valuesOf(Object.keys(oidcVariables(named))) };
  }
}

function valuesOf(names: readonly string[]): Environment {
  return Object.fromEntries(names.map((name) => [name, Deno.env.get(name)]));
}

/** Reads the variables. An empty value counts as not set, as in `NAME=` of a .env file. */
export function readVariables(environment: Environment, faults: ConfigFault[]): Values {
  const values: Record<string, unknown> = {};
  const all: Record<string, Variable> = { ...VARIABLES, ...oidcVariables(environment) };
  for (const [name, variable] of Object.entries(all)) {
    const given = environment[name];
    if (given === undefined || given.trim() === "") continue;
    const result = variable.schema().safeParse(given);
    if (result.success) values[name] = result.data;
    else {
      faults.push({
        variable: name,
        given: variable.secret ? null : given,
        accepted: variable.accepted,
      });
    }
  }
  return values as Values;
}

const STOPPING = "REALTIMECHAT_STOPPING";

/** Notes for the other threads of the process, which share its environment, that it is to stop. */
export function noteStop(): void {
  Deno.env.set(STOPPING, "1");
}

/** True once a thread of the process has noted that it is to stop. */
export function isStopNoted(): boolean {
  return Deno.env.has(STOPPING);
}
