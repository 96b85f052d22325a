import { useEffect, useState } from "preact/hooks";
import { m } from "../texts/more.ts";

/** The server's SVG as a picture: a picture runs no script, whatever is in it. */
export function QrCode({ svg, label }: { svg: string; label?: string }) {
  const [url, setUrl] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [svg]);
  return url === "" ? null : <img class="qr-code" src={url} alt={label ?? m().qrCode} />;
}
