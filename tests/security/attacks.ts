import { LEAKY } from "../support/leaky.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";

/** For attacks that are tried over REST only. */
export const REST = [{ name: "REST" }] as const;

type Attack = <Way extends { name: string }>(
  ways: readonly Way[],
  title: string,
  run: (app: RunningApp, way: Way) => Promise<void>,
  environment?: Record<string, string>,
) => void;

/**
 * Call it at the top level of a file. Runs an attack through each transport on SQLite, and through
 * the first transport on every other store: a fault of a store shows through any transport.
 */
export function attacks(): Attack {
  const stores = testedStores();
  return (ways, title, run, environment = {}) => {
    for (const [i, store] of stores.entries()) {
      for (const way of i === 0 ? ways : ways.slice(0, 1)) {
        Deno.test({
          ...LEAKY,
          name: `${way.name}, ${store.name}: ${title}`,
          ignore: store.ignore,
          fn: async () => {
            await using app = await RunningApp.start({ ...environment, ...store.environment() });
            await run(app, way);
          },
        });
      }
    }
  };
}
