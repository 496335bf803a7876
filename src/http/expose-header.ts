import type { Response } from "express";

const EXPOSE = "Access-Control-Expose-Headers";

/** Where the app's CORS middleware lets a page of another origin in, that may read the header too. */
export function exposeToOrigins(res: Response, header: string): void {
  if (res.getHeader("Access-Control-Allow-Origin") === undefined) return;
  const exposed = [res.getHeader(EXPOSE) ?? []].flat().join(", ");
  const names = exposed.toLowerCase().split(/\s*,\s*/);
  if (names.includes(header.toLowerCase())) return;
  res.setHeader(EXPOSE, exposed === "" ? header : `${exposed}, ${header}`);
}
