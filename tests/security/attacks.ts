import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { LEAKY } from "./entrances.ts";

/** For what is tried over REST alone. */
export const REST = [{ name: "REST" }] as const;

type Attack = <Way extends { name: string }>(
  ways: readonly Way[],
  title: string,
  run: (app: RunningApp, way: Way) => Promise<void>,
  environment?: Record<string, string>,
) => void;

/**
 * Call it at a file's top level. An attack is tried through each of the ways in on SQLite, and through
 * the first of them on every other store too: what a store lets through, it lets through for all.
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
