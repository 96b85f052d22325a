import { skipWithout } from "../support/skip.ts";
import { full } from "./full.ts";
import { peers } from "./peers.ts";

// The sockets' last reads end after their close.
const unchecked = { sanitizeOps: false, sanitizeResources: false };

Deno.test({
  name: "the bench of the peers measures sends and deliveries of every server",
  ignore: skipWithout("mongodb", "npm"),
  ...unchecked,
  async fn() {
    const live = { receivers: 4, rate: 50, seconds: 0.5 };
    await peers({ rounds: 1, sendSeconds: 0.1, live, real: false });
  },
});

Deno.test({
  name: "the bench of full load finds a rate of every server",
  ignore: skipWithout("mongodb", "go"),
  ...unchecked,
  async fn() {
    const seconds = { coarseSeconds: 0.5, fineSeconds: 0.5 };
    const steps = { firstDeliveries: 40, coarseSteps: 2, fineSteps: 1, ...seconds };
    await full({ receivers: [4], real: false, ...steps });
  },
});
