import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { openDialogs } from "../state/toast.ts";
import { ToastBox } from "./toast.tsx";

interface DialogProps {
  title: string;
  children: ComponentChildren;
  /** Class for another layout. */
  class?: string;
  onClose(): void;
}

/**
 * A modal dialog: the browser keeps the focus in it, closes it by Escape, and gives the focus back.
 */
export function Dialog({ title, children, class: extra, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const isGone = useRef(false);
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    openDialogs.value = [...openDialogs.peek(), id];
    // Closing gives the focus back; removing an open dialog does not.
    return () => {
      isGone.current = true;
      openDialogs.value = openDialogs.peek().filter((each) => each !== id);
      element.close();
    };
  }, []);
  const onClick = (event: MouseEvent) => {
    // On the backdrop, and not on what is in the dialog.
    if (event.target === dialog.current) dialog.current!.close();
  };
  return (
    <dialog
      ref={dialog}
      class={extra ? `dialog ${extra}` : "dialog"}
      aria-labelledby={id}
      onClose={() => isGone.current || onClose()}
      onClick={onClick}
    >
      <div class="dialog-body">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
      <ToastBox dialog={id} />
    </dialog>
  );
}
