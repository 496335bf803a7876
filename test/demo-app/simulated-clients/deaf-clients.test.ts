import { DeafClients } from "../../../demo-app/simulated-clients/deaf-clients.ts";
import { Hearing } from "../../../demo-app/simulated-clients/hearing.ts";

const FIRST_HEARD_AT = 1000;

/** @param heard The number of the last broadcast that it has heard. */
function client(connectedAt: number | undefined, heard: number): Hearing {
  const hearing = new Hearing();
  hearing.connected(connectedAt);
  if (heard > 0) hearing.heard("eastus", heard);
  return hearing;
}

const cases: [what: string, client: Hearing, at: number, deaf: number][] = [
  ["who has not heard what others heard two seconds ago is deaf", client(0, 6), 3000, 1],
  ["who has heard it is not", client(0, 7), 3000, 0],
  ["who has heard a later one is not", client(0, 8), 3000, 0],
  ["nobody is deaf at once", client(0, 6), 2000, 0],
  ["who has come only since then is not", client(1500, 0), 3000, 0],
  ["who has no connection is not deaf but away", client(undefined, 6), 3000, 0],
  ["one lost message makes nobody deaf for ever", client(0, 6), 20_000, 0],
];

it.each(cases)("among the simulated clients, %s", (_what, hearing, at, deaf) => {
  const clients = new DeafClients();
  clients.heard("eastus", 7, FIRST_HEARD_AT);

  expect(clients.count([hearing], at)).toBe(deaf);
});
