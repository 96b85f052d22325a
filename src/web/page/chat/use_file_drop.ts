import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Takes files that are dropped onto the element; returns whether some are held above it now. */
export function useFileDrop(
  element: RefObject<HTMLElement | null>,
  onFiles: (files: File[]) => void,
): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const target = element.current!;
    // Enter and leave come for each element that the pointer crosses.
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const onEnter = (event: DragEvent) => hasFiles(event) && setOver(++depth > 0);
    const onLeave = (event: DragEvent) => hasFiles(event) && setOver(--depth > 0);
    const onOver = (event: DragEvent) => hasFiles(event) && event.preventDefault();
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      onFiles([...event.dataTransfer!.files]);
    };
    target.addEventListener("dragenter", onEnter);
    target.addEventListener("dragleave", onLeave);
    target.addEventListener("dragover", onOver);
    target.addEventListener("drop", onDrop);
    return () => {
      target.removeEventListener("dragenter", onEnter);
      target.removeEventListener("dragleave", onLeave);
      target.removeEventListener("dragover", onOver);
      target.removeEventListener("drop", onDrop);
    };
  }, []);
  return isOver;
}
