/** Every five minutes: as late as a push may be retried where the server is stopped in between. */
export const TIMER_SCHEDULE = "*/5 * * * *";
export const TIMER_CRON = "timer work";

type Cron = (name: string, schedule: string, handler: () => Promise<void>) => Promise<void>;

/**
 * Has the platform call what timers do otherwise: Deno Deploy stops a server soon after its last traffic,
 * and starts it for this. To be called while the entry module is evaluated, before it awaits anything: that
 * is where Deno Deploy looks for it. `work` may wait for the server to have started.
 */
export function registerTimerWork(
  work: () => Promise<void>,
  onFault: (error: unknown) => void,
  cron: Cron = Deno.cron,
): void {
  cron(TIMER_CRON, TIMER_SCHEDULE, work).catch(onFault);
}
