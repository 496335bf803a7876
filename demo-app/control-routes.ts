import express, { type RequestHandler, Router } from "express";
import { type EmulatedRegion, FAULTS } from "./emulated-region.ts";

/** `POST /<region>` with `{ "action": "crash" | "blackhole" | "unhealthy" | "heal" }`. */
export function controlRoutes(
  regions: readonly EmulatedRegion[],
  refuseStrangers: RequestHandler,
): Router {
  const router = Router();
  router.post("/:region", refuseStrangers, express.json({ limit: "1kb" }), async (req, res) => {
    const region = regions.find(({ name }) => name === req.params.region);
    if (!region) {
      res.status(404).json({ error: "There is no such region." });
      return;
    }
    const action: unknown = req.body?.action;
    const fault = FAULTS.find((name) => name === action);
    if (fault) await region.inject(fault);
    else if (action === "heal") await region.heal();
    else {
      res.status(400).json({ error: `action must be one of ${FAULTS.join(", ")}, heal.` });
      return;
    }
    res.json({ region: region.name, fault: region.fault });
  });
  return router;
}
