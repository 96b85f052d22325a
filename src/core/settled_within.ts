/** Resolves once all promises have settled, or after `ms` milliseconds. Never rejects. */
export async function settledWithin(
  promises: readonly Promise<unknown>[],
  ms: number,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  await Promise.race([Promise.allSettled(promises), late]);
  clearTimeout(timer);
}
