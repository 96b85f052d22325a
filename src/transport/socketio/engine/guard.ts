export type OnFault = (error: unknown) => void;

/**
 * Runs what may call an application's listeners from an event, a timer or a promise of the platform,
 * where an error that they throw would end the process. False if one did; it is told to `onFault`.
 */
export function guard(onFault: OnFault, run: () => void): boolean {
  try {
    run();
    return true;
  } catch (error) {
    onFault(error);
    return false;
  }
}
