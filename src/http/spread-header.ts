import type { Response } from "express";
import { exposeToOrigins } from "./expose-header.ts";

const SPREAD_HEADER = "Reconnect-Spread-In-Ms";

/** Tells a connected client over how long those spread their negotiates that lose their connections at once. */
export function tellSpread(res: Response, spreadInMs: number | undefined): void {
  if (spreadInMs === undefined) return;
  res.setHeader(SPREAD_HEADER, String(spreadInMs));
  exposeToOrigins(res, SPREAD_HEADER);
}
