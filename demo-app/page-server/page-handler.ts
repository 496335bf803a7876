import type { RequestHandler } from "express";
import type { PageFile } from "./bundle-page.ts";

// Nothing but this server's own files runs; sockets may go to any region.
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Serves the bundled page from memory; other addresses are for whoever comes next. */
export function pageHandler(files: readonly PageFile[]): RequestHandler {
  const contents = new Map(files.map(({ name, content }) => [`/${name}`, content]));
  return (req, res, next) => {
    const path = req.path === "/" ? "/index.html" : req.path;
    const content = contents.get(path);
    if (content === undefined || !["GET", "HEAD"].includes(req.method)) return next();
    // The names of assets carry a hash of their content; the page itself is asked for anew.
    const isNamedByContent = path.startsWith("/assets/");
    res
      .type(path.slice(path.lastIndexOf(".")))
      .set({
        "Cache-Control": isNamedByContent ? "public, max-age=31536000, immutable" : "no-cache",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
      })
      .send(content);
  };
}
