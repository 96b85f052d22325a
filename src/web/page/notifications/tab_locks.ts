/*
 * Tabs of one browser agree by locks on which of them shows notifications: the browser frees a lock
 * when its tab is closed, and nothing has to be asked of tabs that are asleep.
 */
const VISIBLE = "realtimechat visible";
const ALERTS = "realtimechat alerts";

/** Says that this tab is in view, while it is. */
export function announceVisibility(until: AbortSignal): void {
  let release = () => {};
  const look = () => {
    release();
    if (document.visibilityState !== "visible" || until.aborted) return;
    const hidden = new Promise<void>((resolve) => release = resolve);
    void navigator.locks?.request(VISIBLE, { mode: "shared" }, () => hidden);
  };
  document.addEventListener("visibilitychange", look, { signal: until });
  until.addEventListener("abort", look);
  look();
}

/** Whether any tab of the page is in view. */
export async function isAnyVisible(): Promise<boolean> {
  if (!navigator.locks) return document.visibilityState === "visible";
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === VISIBLE);
}

/** Calls `act` once this is the one tab that shows notifications. */
export function whenFirst(until: AbortSignal, act: () => void): void {
  const over = new Promise<void>((resolve) => until.addEventListener("abort", () => resolve()));
  const lead = () => {
    act();
    return over;
  };
  if (navigator.locks) navigator.locks.request(ALERTS, { signal: until }, lead).catch(() => {});
  else act();
}
