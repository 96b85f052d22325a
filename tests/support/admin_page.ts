import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { grantAdmin } from "./grant_admin.ts";
import { type PageWorld, pageWorld } from "./page_world.ts";

/** A world in which Ann is an administrator, without a second factor. */
export async function adminWorld(env: Record<string, string> = {}): Promise<PageWorld> {
  const world = await pageWorld({ ADMIN_SECOND_FACTOR: "optional", ...env });
  await grantAdmin(world.server, "ann");
  return world;
}

/** Opens a tab of the administrators' view by its address. */
export async function openTab(page: Page, tab: string): Promise<void> {
  await page.evaluate((hash) => location.hash = hash, `admin/${tab}`);
}

/** Fails if the page is wider than a phone of 390 px. */
export async function assertFits(page: Page): Promise<void> {
  const before = page.viewportSize()!;
  await page.setViewportSize({ width: 390, height: 844 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert(width <= 390, `${width} px wide`);
  await page.setViewportSize(before);
}
