import { useEffect, useState } from "preact/hooks";
import { showToast } from "../state/toast.ts";
import { faultText } from "../texts/fault_text.ts";

/**
 * Fetches something when the component appears; null until it is here. The function takes a newer
 * value.
 */
export function useLoaded<T>(load: () => Promise<T>): [T | null, (value: T) => void] {
  const [value, setValue] = useState<T | null>(null);
  useEffect(() => {
    load().then(setValue, (error) => showToast(faultText(error)));
  }, []);
  return [value, setValue];
}
