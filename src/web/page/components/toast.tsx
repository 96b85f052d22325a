import { hideToast, toast } from "../state/toast.ts";

/** Always there, so that a screen reader reads what appears in it. */
export function ToastBox() {
  const shown = toast.value;
  return (
    <div id="toast" role="alert" hidden={shown === null}>
      {shown?.text}
      {shown?.action && (
        <button
          type="button"
          onClick={() => {
            shown.action!.run();
            hideToast();
          }}
        >
          {shown.action.label}
        </button>
      )}
    </div>
  );
}
