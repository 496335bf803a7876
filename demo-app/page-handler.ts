import express, { type RequestHandler, Router } from "express";

/** Serves the page from its source, with the client that it imports as `client.js`. */
export function pageHandler(folder: string, clientCode: string): RequestHandler {
  const router = Router();
  router.get("/client.js", (_req, res) => void res.type("js").send(clientCode));
  router.use(express.static(folder));
  return router;
}
