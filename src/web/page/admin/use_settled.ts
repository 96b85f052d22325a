import { useEffect, useState } from "preact/hooks";

/** Milliseconds without a key press after which is searched. */
const PAUSE_MS = 250;

/** Returns the text once it has not changed for a moment. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
