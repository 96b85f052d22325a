import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Takes files that are dropped onto the element; returns whether some are held above it now. */
export function useFileDrop(
  element: RefObject<HTMLElement | null>,
  onFiles: (files: File[]) => void,
): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    let stop = () => {};
    let isGone = false;
    void import("./file_drop.ts").then(({ takeDroppedFiles }) => {
      if (!isGone) stop = takeDroppedFiles(element.current!, { onFiles, onOver: setOver });
    });
    return () => {
      isGone = true;
      stop();
    };
  }, []);
  return isOver;
}
