import { useLayoutEffect, useRef } from "preact/hooks";
import { thumbHashToRGBA } from "thumbhash";

/** A few blurred pixels that came with the message, until the picture is here. */
export function ThumbHash({ hash }: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    const bytes = Uint8Array.from(atob(hash), (char) => char.charCodeAt(0));
    const { w, h, rgba } = thumbHashToRGBA(bytes);
    Object.assign(canvas.current!, { width: w, height: h });
    const image = new ImageData(new Uint8ClampedArray(rgba), w, h);
    canvas.current!.getContext("2d")?.putImageData(image, 0, 0);
  }, [hash]);
  return <canvas ref={canvas} class="thumb-hash" aria-hidden="true" />;
}
