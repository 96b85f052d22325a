import { type Adapters, openAdapters } from "./adapters.ts";
import { Maintenance } from "./auth/maintenance.ts";
import type { Config } from "./config.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import { EventLoopMonitor } from "./core/event_loop_monitor.ts";
import type { Log } from "./core/log.ts";
import { settledWithin } from "./core/settled_within.ts";
import { MetricsRegistry } from "./core/metrics.ts";
import { NO_TRACING, type Tracing } from "./core/tracing.ts";
import { sharedTurns } from "./core/turns.ts";
import { createTransports, type Transports } from "./transports.ts";
import { hostRefusal } from "./http/host.ts";
import { type FaultMetrics, registerFaultMetrics } from "./http/metrics.ts";
import type { Operation } from "./api/operation.ts";
import { HeadChecks } from "./realtime/head_checks.ts";
import { TimerWork } from "./timer_work.ts";
import { Receiver } from "./realtime/receiver.ts";
import { measuredStore } from "./store/measured_store.ts";
import { bindServices } from "./handlers.ts";
import type { AppContext } from "./app_context.ts";
import { createServices, type Services } from "./services.ts";

/** Milliseconds between searches for sockets with expired tokens. */
const EXPIRY_SWEEP_MS = 1_000;

/** Shares of the drain's 4.8 s: requests in flight, responses of aborted requests, mail. */
const REQUESTS_END_MS = 2_000;
const ABORTED_END_MS = 300;
const MAIL_END_MS = 500;

export interface App {
  /** All operations, whichever transport offers them. */
  readonly operations: readonly Operation[];
  /** Does the work of the timers immediately: for platforms that stop timers. Never throws. */
  timerWork(): Promise<void>;
  /** Counts faults of the whole process, for `/metrics`. */
  readonly faults: FaultMetrics;
  fetch(request: Request, info: Partial<Deno.ServeHandlerInfo>): Response | Promise<Response>;
  /**
   * Refuses new sockets, finishes work in flight, and makes every client reconnect elsewhere. Once
   * proxies had the time to notice, `shutDown` lets the server answer its last requests (not
   * earlier, because it closes sockets without a code), and the adapters that these need are
   * closed.
   */
  drain(shutDown?: () => Promise<void>): Promise<void>;
}

export interface AppOptions {
  /** Replacements for tests. */
  clock?: Clock;
  /**
   * False if requests of one client may reach several instances, where Socket.IO cannot use
   * polling.
   */
  polling?: boolean;
  /** Number of instances in this process, which share its memory; 1 by default. */
  instances?: number;
  /** Spans of operations, commits and publishing; none by default. */
  tracing?: Tracing;
}

/** Creates adapters, services and transports, and starts the background work. */
export async function createApp(
  config: Config,
  log: Log,
  { clock = systemClock, polling = true, instances = 1, tracing = NO_TRACING }: AppOptions = {},
): Promise<App> {
  const metrics = new MetricsRegistry();
  const opened = await openAdapters({ config, clock, log, metrics, instances });
  const adapters = { ...opened, store: measuredStore(opened.store, metrics) };
  const context = { config, adapters, clock, log, metrics, instances, tracing };
  const services = createServices(context);
  const bound = bindServices(context, services);
  const transports = createTransports(context, services, bound, polling);
  await services.shadows.start(log);
  await adapters.backplane.broker.start(receiverOf(context, services));
  await services.webhooks.worker.start();
  const background = startBackground(context, services);
  return {
    operations: bound.map(({ operation }) => operation),
    faults: registerFaultMetrics(context.metrics),
    timerWork: () => background.timerWork.run(),
    // If many requests come at once, some wait for the next turns of the event loop.
    async fetch(request, info) {
      await sharedTurns.run(() => {});
      return hostRefusal(request, config.host) ?? await transports.http.fetch(request, info);
    },
    async drain(shutDown) {
      transports.health.drain();
      transports.admission.drain();
      await services.writer.idle();
      await Promise.all([sendElsewhere(services, transports), transports.health.noticed()]);
      await shutDownWithin(shutDown, adapters);
      await background.stop();
      await services.writer.idle();
      await closeAll(services, adapters);
    },
  };
}

/** Delivers the signals of other instances. */
function receiverOf({ tracing, log }: AppContext, services: Services): Receiver {
  const { hub, typing, webhooks, shadows, writer } = services;
  return new Receiver(hub, typing, {
    tracing,
    onSettings() {
      Promise.all([webhooks.refresh(), shadows.refresh()]).catch((error) => {
        log.warn("Reading the settings failed; it is repeated", { error });
      });
    },
    onHead: (chatId, rev) => writer.headMoved(chatId, rev),
  });
}

/**
 * Lets requests in flight finish. Requests that wait for another service for too long fail, so that
 * a hanging host cannot delay the drain.
 */
async function shutDownWithin(
  shutDown: (() => Promise<void>) | undefined,
  { providers, blobs }: Adapters,
): Promise<void> {
  let isDown = false;
  const down = Promise.resolve(shutDown?.()).then(() => isDown = true);
  await settledWithin([down], REQUESTS_END_MS);
  if (!isDown) { for (const provider of providers) provider.close(); }
  await settledWithin([down], ABORTED_END_MS);
  if (!isDown) await blobs.close();
  await down;
}

/** Starts all timers; the result stops them, or does their work on demand. */
function startBackground({ adapters, clock, log, metrics }: AppContext, services: Services) {
  const { users, media, push, hub, abandoned, repair, webhooks, moderation, dayCounter } = services;
  dayCounter.start();
  const maintenance = new Maintenance(adapters.store, clock, log);
  maintenance.start(async () => {
    await users.erasure.resume();
    await abandoned.run();
    await moderation.statistics.forget();
  });
  media.sweeper.start();
  push.worker.start();
  const headChecks = new HeadChecks(hub, log);
  headChecks.start();
  const eventLoop = new EventLoopMonitor(metrics);
  eventLoop.start();
  const expiry = setInterval(() => hub.closeExpired(clock.now()), EXPIRY_SWEEP_MS);
  const timerWork = new TimerWork({
    maintain: () => maintenance.round(),
    sweepMedia: () => media.sweeper.sweep(),
    pollOutbox: () => push.worker.poll(),
    claimedPushes: () => push.worker.claimed,
    pollWebhooks: () => webhooks.worker.poll(),
    isSendingWebhooks: () => webhooks.worker.isBusy,
  }, log);
  const stop = async () => {
    clearInterval(expiry);
    eventLoop.stop();
    await headChecks.stop();
    await repair.close();
    await maintenance.stop();
    await users.erasure.idle();
  };
  return { stop, timerWork };
}

async function sendElsewhere(
  { presence, hub }: Services,
  { ws, socketio }: Transports,
): Promise<void> {
  presence.close();
  hub.closeAll("restart");
  ws.closeAll();
  await Promise.all([socketio.drain(), ws.closed()]);
}

/** Closes the services that others still need last. */
async function closeAll(services: Services, adapters: Adapters): Promise<void> {
  const { typing, gatherer, push, media, auth, apiKeys, ownUsers, webhooks, dayCounter } = services;
  typing.close();
  gatherer.close();
  // Background work of accounts publishes too, and asks for shared limits.
  await Promise.all([push.worker.close(), webhooks.worker.close(), auth.mail.close(MAIL_END_MS)]);
  webhooks.post.close();
  await adapters.backplane.broker.close();
  await adapters.backplane.close();
  media.pictures.close();
  await ownUsers.pictures.close();
  await media.close();
  await apiKeys.usage.flush();
  await dayCounter.close();
  services.shadows.stop();
  adapters.hasher.close();
  await adapters.store.close();
}
