/** Every five minutes: the maximum delay of a retried push if the server is stopped in between. */
export const TIMER_SCHEDULE = "*/5 * * * *";
const TIMER_CRON = "timer work";

type Cron = (name: string, schedule: string, handler: () => Promise<void>) => Promise<void>;

/**
 * Registers the timers' work with the platform: Deno Deploy stops a server soon after its last
 * traffic, and starts it again for this. Must be called while the entry module is evaluated, before
 * it awaits anything, because Deno Deploy looks for it there. `work` may wait until the server has
 * started.
 */
export function registerTimerWork(
  work: () => Promise<void>,
  onFault: (error: unknown) => void,
  cron: Cron = Deno.cron,
): void {
  cron(TIMER_CRON, TIMER_SCHEDULE, work).catch(onFault);
}
