export type OnFault = (error: unknown) => void;

/**
 * Runs code that may call an application's listeners from an event, a timer or a promise of the
 * platform, where an error thrown by a listener would end the process. Such an error goes to
 * `onFault`, and the result is false.
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
