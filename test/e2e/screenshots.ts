// npm run screenshots: every screen of the page at 1280 and 390 pixels, of a real service, into docs/images.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { browserAvailable, launchBrowser, Visitor } from "../support/browser.ts";
import { type PictureWorld, pictureWorld } from "../support/picture-world.ts";
import { ROOT } from "../support/service.ts";

const IMAGES = join(ROOT, "docs", "images");
const WIDTHS = [1280, 390] as const;
/** Enough to read, and small enough to be kept with the code. */
const SHOWN_WIDTH = { 1280: 1100, 390: 390 } as const;
const ZONE = "Europe/Berlin";

/** Where it is, and what is done there before the picture is taken. */
interface Picture {
  path: string;
  open?(visitor: Visitor): Promise<unknown>;
}

const button = (name: string) => (visitor: Visitor) =>
  visitor.page.locator("main").getByRole("button", { name, exact: true }).first().click();

function pictures(world: PictureWorld): Record<string, Picture> {
  const { older, newer, schedule, missed } = world;
  return {
    overview: { path: "/" },
    jobs: { path: "/jobs" },
    job: { path: "/jobs/default:import_cities" },
    "job-load-error": { path: "/jobs/default:billing.invoices" },
    "job-versions": { path: `/jobs/default:shop.sync_orders?tab=versions&from=${older}&to=${newer}` },
    "run-dialog": {
      path: "/jobs/default:import_cities",
      open: async (visitor) => {
        await visitor.page.keyboard.press("r");
        await visitor.page
          .getByRole("dialog")
          .getByLabel(/^Country/)
          .fill("Japan");
      },
    },
    runs: { path: "/runs" },
    run: { path: `/runs/${world.run}` },
    "run-live": {
      path: `/runs/${world.live}`,
      open: (visitor) => visitor.page.locator("[data-seq]").nth(8).waitFor(),
    },
    "run-failed": { path: `/runs/${world.failed}` },
    schedules: { path: "/schedules" },
    schedule: { path: `/schedules/${schedule}` },
    "schedule-why": { path: `/schedules/${schedule}?at=${encodeURIComponent(missed)}` },
    "schedule-new": {
      path: "/schedules/new?job=default:import_cities",
      open: async (visitor) => {
        await visitor.page.getByRole("textbox", { name: "Cron" }).fill("30 2 * * *");
        await visitor.page.getByLabel("Time zone").fill(ZONE);
        await visitor.page.getByText("The clocks go forward:").waitFor();
      },
    },
    "schedule-editor": { path: `/schedules/${schedule}/edit` },
    timeline: { path: `/timeline?span=86400000` },
    sources: { path: "/sources" },
    "load-errors": { path: "/sources?tab=errors" },
    system: { path: "/system" },
    access: { path: "/access" },
    "access-new": { path: "/access", open: button("New token") },
    audit: { path: "/audit" },
    "not-found": { path: "/nothing-here" },
  };
}

async function main(): Promise<void> {
  if (!browserAvailable()) throw new Error("no browser, no pictures");
  mkdirSync(IMAGES, { recursive: true });
  const only = process.argv.slice(2);
  const [world, browser] = await Promise.all([pictureWorld(), launchBrowser()]);
  const wanted = Object.entries(pictures(world)).filter(([name]) => only.length === 0 || only.includes(name));
  try {
    const { service } = world;
    for (const width of WIDTHS) {
      const visitor = await Visitor.at(browser, service, { token: service.token, width, zone: ZONE });
      await withoutOwnPaths(visitor, world);
      for (const [name, { path, open }] of wanted) {
        await visitor.go(path);
        await open?.(visitor);
        await shoot(visitor, name, width);
      }
      await visitor.leave();
      const nobody = await Visitor.at(browser, service, { width });
      await nobody.go("/");
      await shoot(nobody, "sign-in", width);
      await nobody.leave();
    }
    const dark = await Visitor.at(browser, service, { token: service.token, dark: true, zone: ZONE });
    await dark.go("/");
    await shoot(dark, "overview-dark", 1280);
  } finally {
    await browser.close();
    await world.service.stop();
  }
}

/** Where the folders lie on the machine that makes the pictures is nobody's business, and different on each. */
async function withoutOwnPaths({ page }: Visitor, { service }: PictureWorld): Promise<void> {
  await page.route(/\/api\/v1\/sources(\?|$)/, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text())
      .replaceAll(service.folder, "/srv/jobmount")
      .replaceAll(ROOT, "/opt/jobmount/");
    await route.fulfill({ response: answer, body });
  });
}

async function shoot({ page }: Visitor, name: string, width: keyof typeof SHOWN_WIDTH): Promise<void> {
  await page.waitForLoadState("networkidle", { timeout: 1_500 }).catch(() => undefined);
  const picture = await page.screenshot({ animations: "disabled" });
  await sharp(picture)
    .resize(SHOWN_WIDTH[width])
    .png({ palette: true, colours: 64, compressionLevel: 9, effort: 10 })
    .toFile(join(IMAGES, `${name}-${width}.png`));
  console.log(`docs/images/${name}-${width}.png`);
}

await main();
