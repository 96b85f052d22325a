import type { Transport } from "./fanout_load.ts";
import type { RawSocket } from "./raw_socket.ts";

/** Kilobytes of server memory per additional idle connection. Linux only. */
export async function idleMemory(
  server: { pid: number; url: string },
  transport: Transport,
  connections: number,
): Promise<number> {
  const port = Number(new URL(server.url).port);
  const open = (count: number, from: number) => openMany(transport, port, count, from);
  // The first connections allocate shared memory: code, buffers, room in tables.
  const first = await open(connections / 4, 0);
  const before = await settled(server.pid);
  const more = await open(connections, first.length);
  const after = await settled(server.pid);
  for (const socket of [...first, ...more]) socket.close();
  return (after - before) / connections;
}

async function openMany(
  transport: Transport,
  port: number,
  count: number,
  from: number,
): Promise<RawSocket[]> {
  const sockets: RawSocket[] = [];
  for (let i = 0; i < count; i++) {
    sockets.push(await transport.open(port, from + i, null));
  }
  return sockets;
}

/** Returns the minimum within a while, since garbage is collected at any time. */
async function settled(pid: number): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    least = Math.min(least, await residentKilobytes(pid));
  }
  return least;
}

/** Resident memory of a process. Linux only. */
export async function residentKilobytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
}
