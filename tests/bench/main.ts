import { cold } from "./cold.ts";
import { cores } from "./cores.ts";
import { crowd } from "./crowd.ts";
import { encryption } from "./encryption.ts";
import { evening } from "./evening.ts";
import { fanout } from "./fanout.ts";
import { full } from "./full.ts";
import { growth } from "./growth.ts";
import { history } from "./history.ts";
import { instances } from "./instances.ts";
import { lone } from "./lone.ts";
import { mongodb } from "./mongodb.ts";
import { page } from "./page.ts";
import { socketio } from "./socketio.ts";
import { reads } from "./reads.ts";
import { sockets } from "./sockets.ts";
import { peers } from "./peers.ts";
import { plan } from "./plan.ts";
import { report } from "./report.ts";
import { costs } from "./unit_costs.ts";
import { webhooks } from "./webhooks.ts";

/** `deno task bench [name …] [--short]`: runs all benchmarks, or the named ones. */
const BENCHMARKS: Record<string, () => Promise<void>> = {
  peers,
  full,
  fanout,
  lone,
  mongodb,
  crowd,
  history,
  growth,
  socketio,
  instances,
  encryption,
  webhooks,
  evening,
  sockets,
  reads,
  cores,
  costs,
  plan,
  cold,
  page,
};

/** The report is written only if it is named. */
const BY_NAME: typeof BENCHMARKS = { ...BENCHMARKS, report };

const asked = Deno.args.filter((arg) => !arg.startsWith("--"));
const names = asked.length > 0 ? asked : Object.keys(BENCHMARKS);
for (const name of names) {
  const run = BY_NAME[name];
  if (!run) {
    console.error(
      `There is no benchmark "${name}"; there are: ${Object.keys(BY_NAME).join(", ")}`,
    );
    Deno.exit(2);
  }
  console.log(`\n## ${name}`);
  await run();
}
