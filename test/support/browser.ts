// A real Chromium on the real page: found on this machine, told loudly when it is not, one for a test file.
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Service } from "./service.ts";

const CHROMIUM = process.env["JOBMOUNT_TEST_CHROMIUM"] ?? "/usr/bin/chromium";
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

let told = false;

/**
 * Whether a browser is here. When it is not, says loudly what is left out, and throws with
 * JOBMOUNT_REQUIRE_SERVICES=1, so that a left-out test cannot pass for a green one.
 */
export function browserAvailable(): boolean {
  if (existsSync(CHROMIUM)) return true;
  const missing = `no chromium at ${CHROMIUM} (apt-get install chromium)`;
  if (process.env["JOBMOUNT_REQUIRE_SERVICES"] === "1") {
    throw new Error(`${missing}, and JOBMOUNT_REQUIRE_SERVICES=1 forbids leaving the tests of the page out`);
  }
  if (!told) console.warn(`\n*** LEFT OUT: every test of the page in a browser: ${missing} ***\n`);
  told = true;
  return false;
}

export interface VisitOptions {
  /** Signed in with it; nobody unless given. */
  token?: string;
  width?: number;
  dark?: boolean;
  zone?: string;
}

/** A person at a browser of its own: no cookie and no setting of another one. */
export class Visitor {
  readonly page: Page;
  /** What no page may ever cause: errors of scripts, violations of the policy, requests to somewhere else. */
  readonly faults: string[] = [];
  readonly #context: BrowserContext;
  readonly #service: Service;

  private constructor(service: Service, context: BrowserContext, page: Page) {
    this.#service = service;
    this.#context = context;
    this.page = page;
    const own = new URL(service.url).origin;
    page.on("pageerror", (error) => this.faults.push(`error: ${error.message}`));
    page.on("console", (message) => {
      const text = message.text();
      if (/Content Security Policy/i.test(text)) this.faults.push(`policy: ${text}`);
      else if (message.type() === "error" && !/Failed to load resource/.test(text))
        this.faults.push(`console: ${text}`);
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${own}/`) && !url.startsWith(`blob:${own}/`)) this.faults.push(`request: ${url}`);
    });
  }

  static async at(browser: Browser, service: Service, options: VisitOptions = {}): Promise<Visitor> {
    const { width = 1280, dark = false, zone = "UTC", token } = options;
    const context = await browser.newContext({
      viewport: { width, height: 860 },
      colorScheme: dark ? "dark" : "light",
      timezoneId: zone,
      reducedMotion: "reduce",
      acceptDownloads: true,
    });
    context.setDefaultTimeout(20_000);
    if (token !== undefined) {
      const reply = await context.request.post(`${service.url}/api/v1/session`, {
        headers: { authorization: `Bearer ${token}` },
      });
      if (!reply.ok()) throw new Error(`signing in was answered with ${reply.status()}`);
    }
    return new Visitor(service, context, await context.newPage());
  }

  /** Goes there and waits until nothing of it is on its way any more. */
  async go(path: string): Promise<void> {
    await this.page.goto(`${this.#service.url}${path}`);
    await this.settled();
  }

  /** Goes there inside of the open page, as its own links do: much cheaper than loading it anew. */
  async hop(path: string): Promise<void> {
    if (this.page.url() === "about:blank") return this.go(path);
    const shown = await this.page.locator("main h1").first().elementHandle();
    await this.page.evaluate(
      `history.pushState({}, "", ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent("popstate"))`,
    );
    // Another screen has another heading; the same one with another filter keeps it.
    await shown?.waitForElementState("hidden", { timeout: 300 }).catch(() => undefined);
    await this.settled();
  }

  /** What is drawn is there: a heading, and nothing that says that it loads. */
  async settled(): Promise<void> {
    await this.page.locator("main h1").first().waitFor();
    await this.page.locator("main [data-loading]").first().waitFor({ state: "detached" });
  }

  leave(): Promise<void> {
    return this.#context.close();
  }
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}
