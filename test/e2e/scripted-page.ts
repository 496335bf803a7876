import { closeAfterTest } from "../support/clean-up.ts";
import { ScriptedControlRoom } from "../support/scripted-control-server.ts";
import type { usePage } from "./demo-support.ts";

/** The page, and a control room that tells it what the test writes. */
export async function openScripted({ files, openTab }: ReturnType<typeof usePage>) {
  const room = closeAfterTest(new ScriptedControlRoom());
  await room.open(files());
  return { room, tab: await openTab(room.url) };
}
