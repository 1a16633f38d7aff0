// What axe finds on a page as it is just now, in both themes and at both widths: serious findings alone.
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SERIOUS = new Set(["serious", "critical"]);

interface Finding {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

/** `rules`: those alone; all of them unless given. */
export async function axe(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Through the debugger's door: the page's own policy stays as it is.
  if (!(await page.evaluate("typeof axe === 'object'"))) await page.evaluate(AXE);
  const options = rules ? { runOnly: { type: "rule", values: rules } } : {};
  const run = `axe.run(document, ${JSON.stringify(options)}).then(({ violations, passes }) => ({ violations, passed: passes.length }))`;
  const found = (await page.evaluate(run)) as { violations: Finding[]; passed: number };
  expect(found.passed, "rules that looked at something").to.be.at.least(rules ? 1 : 10);
  return found.violations
    .filter(({ impact }) => SERIOUS.has(impact))
    .map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 160)} ${nodes[0]!.failureSummary}`);
}

/**
 * At 1280 and 390 pixels, in light and dark. Of a theme only colours are different, so of the second one only they are
 * looked at. At 640 pixels (a zoom of 200 %) and at 390 nothing may have to be scrolled sideways.
 */
export async function findingsOf(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const width of [1280, 640, 390]) {
    await page.setViewportSize({ width, height: 860 });
    const over = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
    if (over > 0) found.push(`${width}: ${over} pixels too wide`);
    if (width === 640) continue;
    await page.emulateMedia({ colorScheme: "light" });
    found.push(...(await axe(page)).map((one) => `${width} light: ${one}`));
    await page.emulateMedia({ colorScheme: "dark" });
    found.push(...(await axe(page, ["color-contrast"])).map((one) => `${width} dark: ${one}`));
  }
  await page.setViewportSize({ width: 1280, height: 860 });
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}
