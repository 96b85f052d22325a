/**
 * Takes files that are dropped onto the element; says whether some are held above it. Returns what
 * ends it.
 */
export function takeDroppedFiles(
  target: HTMLElement,
  { onFiles, onOver }: { onFiles(files: File[]): void; onOver(isOver: boolean): void },
): () => void {
  // Enter and leave come for each element that the pointer crosses.
  let depth = 0;
  const handlers: Record<string, (event: DragEvent) => void> = {
    dragenter: () => onOver(++depth > 0),
    dragleave: () => onOver(--depth > 0),
    dragover: (event) => event.preventDefault(),
    drop: (event) => {
      event.preventDefault();
      depth = 0;
      onOver(false);
      onFiles([...event.dataTransfer!.files]);
    },
  };
  const handle = (event: DragEvent) => {
    if (event.dataTransfer?.types.includes("Files")) handlers[event.type](event);
  };
  const names = ["dragenter", "dragleave", "dragover", "drop"] as const;
  for (const name of names) target.addEventListener(name, handle);
  return () => {
    for (const name of names) target.removeEventListener(name, handle);
  };
}
