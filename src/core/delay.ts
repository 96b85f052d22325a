/** Resolves after `ms` milliseconds. The timer keeps the process alive meanwhile. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
