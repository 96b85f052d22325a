import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** Heading of a form that has just appeared: its first field gets the focus. */
export function FormTitle({ children }: { children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current!.parentElement!.querySelector("input")?.focus(), []);
  return <h2 ref={heading}>{children}</h2>;
}
