import "./core/require_deno.ts";
import { registerTimerWork } from "./cron.ts";
import { keepServing } from "./keep_serving.ts";
import { Listener } from "./listener.ts";
import { announce, cannotListen, onStop, start } from "./start.ts";

const starting = start();
registerTimerWork(
  async () => (await starting).app.timerWork(),
  async (error) => (await starting).log.error("Registering scheduled work failed", { error }),
);

const { app, config, log } = await starting;
const listener = new Listener({
  fetch: app.fetch,
  log,
  onListen: (address) => announce(log, address),
  onFailure: () => app.faults.acceptFailed(),
});

keepServing({ log, onRejection: () => app.faults.rejectionUnhandled() });
onStop(log, () => app.drain(() => listener.shutdown()), () => Deno.exit(0));
listen();

function listen(): void {
  try {
    listener.listen(config.host, config.port);
  } catch (error) {
    cannotListen(config, error);
  }
}
