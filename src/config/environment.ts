import type { z } from "zod";
import type { ConfigFault } from "./fault.ts";
import { type NamedVariables, type Variable, VARIABLE_NAMES, VARIABLES } from "./variables.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The values of the variables that are set and right; the others are absent. */
export type Values =
  & { [Name in keyof NamedVariables]?: z.output<ReturnType<NamedVariables[Name]["schema"]>> }
  & Record<string, unknown>;

/** All there is, for misspelt names; where `--allow-env` names what may be read, that alone. */
export function processEnvironment(): Environment {
  try {
    return Deno.env.toObject();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    const read = [...VARIABLE_NAMES, "DENO_DEPLOYMENT_ID"];
    return Object.fromEntries(read.map((name) => [name, Deno.env.get(name)]));
  }
}

/** An empty value is as good as none: it is what `NAME=` in a .env file means. */
export function readVariables(environment: Environment, faults: ConfigFault[]): Values {
  const values: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries<Variable>(VARIABLES)) {
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
