import { closeAfterTest } from "../support/clean-up.ts";
import { ScriptedControlServer } from "../support/scripted-control-server.ts";
import type { usePage } from "./demo-support.ts";

/** The page, and a control server that tells it what the test writes. */
export async function openScripted({ files, openTab }: ReturnType<typeof usePage>) {
  const controlServer = closeAfterTest(new ScriptedControlServer());
  await controlServer.open(files());
  return { controlServer, tab: await openTab(controlServer.url) };
}
