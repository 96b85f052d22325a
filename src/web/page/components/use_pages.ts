import { useEffect, useState } from "preact/hooks";
import { attempt } from "./attempt.ts";

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Pages<T> {
  /** Null until the first page is here. */
  items: T[] | null;
  hasMore: boolean;
  isLoading: boolean;
  more(): void;
  change(change: (items: T[]) => T[]): void;
}

/** Reads a list page by page; begins again when `key` changes. */
export function usePages<T>(
  key: string,
  load: (cursor: string | undefined) => Promise<Page<T>>,
): Pages<T> {
  const [state, setState] = useState<Page<T> & { key: string } | null>(null);
  const [isLoading, setLoading] = useState(false);
  const read = async (before: Page<T> | null, isWanted: () => boolean) => {
    setLoading(true);
    await attempt(async () => {
      const { items, next } = await load(before?.next ?? undefined);
      if (isWanted()) setState({ key, items: [...before?.items ?? [], ...items], next });
    });
    if (isWanted()) setLoading(false);
  };
  useEffect(() => {
    let isWanted = true;
    void read(null, () => isWanted);
    return () => isWanted = false;
  }, [key]);
  const shown = state?.key === key ? state : null;
  return {
    items: shown?.items ?? null,
    hasMore: shown !== null && shown.next !== null,
    isLoading,
    more: () => void read(shown, () => true),
    change: (change) => shown && setState({ ...shown, items: change(shown.items) }),
  };
}
