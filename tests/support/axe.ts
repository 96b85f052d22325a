import assert from "node:assert/strict";
import axe from "axe-core";
import type { Page } from "playwright-core";

/** Rules of WCAG 2.2 up to AA, and the ones that axe-core calls good practice. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

interface Violation {
  id: string;
  help: string;
  nodes: { html: string; failureSummary?: string }[];
}

/**
 * Fails with everything that axe-core finds on the current page, in the light and in the dark
 * theme.
 */
export async function assertAccessible(page: Page, view: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    // Colors in transition would be measured halfway.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(axe.source);
    const violations: Violation[] = await page.evaluate(async (tags) => {
      // deno-lint-ignore no-explicit-any -- axe-core puts itself there
      const { axe } = globalThis as any;
      const { violations } = await axe.run(document, { runOnly: tags });
      return violations;
    }, TAGS);
    const found = violations.map(({ id, help, nodes }) => {
      const places = nodes.map(({ html, failureSummary }) =>
        `    ${html}\n      ${failureSummary}`
      );
      return `  ${id}: ${help}\n${places.join("\n")}`;
    });
    assert.equal(found.join("\n"), "", `${view}, ${colorScheme}`);
  }
}
