import type { ComponentChildren } from "preact";

/** A part of a tab, under a heading. */
export function AdminSection({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="section">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
