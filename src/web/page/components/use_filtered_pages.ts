import { useEffect, useRef } from "preact/hooks";
import { type Page, type Pages, usePages } from "./use_pages.ts";

/** Rows that are looked for before the person is asked for more. */
const ENOUGH = 10;
/** Pages that are read for that at most. */
const MAX_PAGES = 5;

/** As `usePages`, for a filter that the server does not have: reads on until some rows match. */
export function useFilteredPages<T>(
  key: string,
  load: (cursor: string | undefined) => Promise<Page<T>>,
  matches: (item: T) => boolean,
): Pages<T> & { isEmpty: boolean } {
  const pages = usePages(key, load);
  const items = pages.items?.filter(matches) ?? null;
  const read = useRef(0);
  const isShort = items !== null && items.length < ENOUGH && pages.hasMore && !pages.isLoading;
  useEffect(() => {
    if (!isShort || read.current >= MAX_PAGES) return;
    read.current++;
    pages.more();
  }, [isShort, pages.items?.length]);
  const more = () => {
    read.current = 0;
    pages.more();
  };
  const isEmpty = items?.length === 0 && !pages.hasMore;
  return { ...pages, items, more, isEmpty };
}
