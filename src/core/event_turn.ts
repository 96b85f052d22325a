/**
 * Resolves in a later turn of the event loop, after the input and output that is waiting: between the parts
 * of long work, so that sockets and timers are served meanwhile.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
