/** Clock ticks per second on every Linux that runs Deno. */
const TICKS = 100;

/**
 * Returns the seconds of processor time that a process has used, in user and system mode. Linux
 * only.
 */
export async function cpuSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  // Fields 14 and 15, counted after the name, which may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Pins a process, with all its threads, to one core. */
export async function pin(pid: number, core: number): Promise<void> {
  const { success } = await new Deno.Command("taskset", {
    args: ["-acp", String(core), String(pid)],
    stdout: "null",
  }).output();
  if (!success) throw new Error("Cannot pin the server to one core: is taskset installed?");
}

/** Pins processes, or leaves them: a test's process would stay pinned for the tests after it. */
export type Pin = typeof pin;

export const leave: Pin = () => Promise.resolve();
