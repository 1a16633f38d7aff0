// The admin page: its built files, read once and answered from memory, so that no path of a request reaches the disk.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";
import type { Middleware } from "koa";
import type { FaceState } from "./context.ts";
import { FILES, isOfPage, screenPages } from "./page-html.ts";

/** What the face itself answers; a wrong address below these stays a problem, also for a browser. */
const FACE = new Set(["api", "metrics", "livez", "readyz", "docs", "sign-in", "assets"]);

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

const HEADERS = {
  // No inline code, no inline style, nothing from elsewhere, in nobody's frame.
  "Content-Security-Policy":
    "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
  "Referrer-Policy": "same-origin",
  "X-Frame-Options": "DENY",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
} as const;

const INDEX = "index.html";
/** Names of these hold a hash of their content. */
const IMMUTABLE = "public, max-age=31536000, immutable";
const ASK_AGAIN = "no-cache";
/** Below this a compressed answer saves nothing. */
const MIN_GZIP_BYTES = 1024;

interface PageFile {
  type: string;
  content: Buffer;
  etag: string;
  cache: string;
  /** Made at the first request that wants it. */
  gzip?: Buffer;
}

export interface Page {
  /** Path below the root, without a slash at its start -> file. */
  files: ReadonlyMap<string, PageFile>;
  /** The page as it begins at this path. */
  at(path: string): PageFile;
}

/**
 * Reads the built page. `basePath`: the prefix under which browsers see it, `""` or such as `/jobmount`. Undefined when
 * it was not built: REST works without it.
 */
export function loadPage(folder: string, basePath: string): Page | undefined {
  if (!existsSync(join(folder, "index.html"))) return undefined;
  const files = new Map<string, PageFile>();
  for (const path of filesIn(folder)) {
    const name = relative(folder, path).split(sep).join("/");
    const type = TYPES[extname(name)];
    if (type !== undefined && name !== INDEX) files.set(name, fileOf(name, type, readFileSync(path)));
  }
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const pages = screenPages(
    withBase(read(INDEX), basePath),
    existsSync(join(folder, FILES)) ? read(FILES) : "{}",
  );
  const made = new Map<string, PageFile>();
  const at = (path: string) => {
    const html = pages(path);
    let page = made.get(html);
    if (!page) made.set(html, (page = fileOf(INDEX, TYPES[".html"]!, Buffer.from(html))));
    return page;
  };
  return { files, at };
}

function fileOf(name: string, type: string, content: Buffer): PageFile {
  const etag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 27)}"`;
  return { type, content, etag, cache: name.startsWith("assets/") ? IMMUTABLE : ASK_AGAIN };
}

/** Where the build puts the page, seen from the sources and from what they are built to. */
export function pageFolder(from = import.meta.url): string {
  for (const up of ["../../ui/", "../../dist/ui/"]) {
    const folder = new URL(up, from).pathname;
    if (existsSync(join(folder, "index.html"))) return decodeURIComponent(folder);
  }
  return "";
}

/** Behind the prefix of a proxy that does not take it off, the same addresses. */
export function withoutBase(basePath: string): Middleware<FaceState> {
  return async (ctx, next) => {
    if (ctx.path.startsWith(`${basePath}/`)) ctx.path = ctx.path.slice(basePath.length);
    else if (ctx.path === basePath) {
      // Without the slash the browser would look for its files one level too high.
      ctx.status = 308;
      ctx.set("Location", `${basePath}/${ctx.search}`);
      return;
    }
    await next();
  };
}

/** Answers the page's files and addresses; everything else goes on to the routes. */
export function servePage(page: Page): Middleware<FaceState> {
  return async (ctx, next) => {
    if (ctx.method !== "GET" && ctx.method !== "HEAD") return next();
    const path = ctx.path.slice(1);
    const file = page.files.get(path);
    if (file) return send(ctx, file, 200);
    if (isOfPage(path)) return send(ctx, page.at(path), 200);
    // A person who mistyped gets a page that leads on; a program gets its problem.
    const person = !FACE.has(path.split("/")[0]!) && /\btext\/html\b/.test(ctx.get("Accept"));
    return person ? send(ctx, page.at(path), 404) : next();
  };
}

function send(ctx: Parameters<Middleware<FaceState>>[0], file: PageFile, status: number): void {
  ctx.status = status;
  ctx.set(HEADERS);
  ctx.set("Content-Type", file.type);
  ctx.set("Cache-Control", file.cache);
  ctx.set("ETag", file.etag);
  ctx.vary("Accept-Encoding");
  if (status === 200 && ctx.fresh) {
    ctx.status = 304;
    return;
  }
  const squeeze = file.content.length >= MIN_GZIP_BYTES && /^(text|image\/svg)/.test(file.type);
  if (!squeeze || ctx.acceptsEncodings("gzip", "identity") !== "gzip") {
    ctx.body = file.content;
    return;
  }
  ctx.set("Content-Encoding", "gzip");
  ctx.body = file.gzip ??= gzipSync(file.content, { level: 9 });
}

/** The one element of the page that depends on where it lies. */
function withBase(html: string, basePath: string): string {
  return html.replace('<base href="/" />', `<base href="${basePath}/" />`);
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : entry.isFile() ? [path] : [];
  });
}
