import { LEAKY } from "./leaky.ts";
import { OwnIssuer } from "./own_issuer.ts";
import { RunningApp } from "./running_app.ts";
import { testedStores } from "./tested_stores.ts";

type OwnTokenTest = (
  name: string,
  run: (app: RunningApp, issuer: OwnIssuer) => Promise<void>,
  environment?: Record<string, string>,
) => void;

/**
 * Call it at the top level of a file. Runs a test on each store, with a customer that publishes its
 * keys.
 */
export function ownTokenTests(): OwnTokenTest {
  const stores = testedStores();
  return (name, run, environment = {}) => {
    for (const store of stores) {
      Deno.test({
        ...LEAKY,
        name: `${store.name}: ${name}`,
        ignore: store.ignore,
        fn: async () => {
          await using issuer = await OwnIssuer.start();
          await using app = await RunningApp.start({
            ...issuer.environment,
            ...store.environment(),
            ...environment,
          });
          await run(app, issuer);
        },
      });
    }
  };
}
