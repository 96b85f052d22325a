import { renderSVG } from "uqr";

/**
 * Renders a QR code as an SVG document without scripts, links or style, so that it works in a page
 * under any content security policy. The border of four modules is the standard's quiet zone.
 */
export function qrCodeSvg(text: string): string {
  return renderSVG(text, { ecc: "M", border: 4, pixelSize: 4 });
}
