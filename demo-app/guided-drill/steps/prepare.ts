import { displacedClients } from "../execution/client-locations.ts";
import type { GuidedDrillContext } from "../execution/guided-drill-context.ts";
import { NotYet, type StepExecution } from "../execution/step-execution.ts";

const FEWEST_CLIENTS = 4;
const maxClients = 500;

/** So many join while the drill goes on; there must be room for them. */
export function newClientsFor(clients: number): number {
  return Math.max(4, Math.round(clients / 5));
}

/**
 * Mends what is broken, stopped or set otherwise, and waits until every client is on its primary.
 *
 * @returns What had to be mended, in words.
 */
export async function prepare(
  execution: StepExecution,
  context: GuidedDrillContext,
): Promise<string[]> {
  const { environment, changes } = context;
  const mended: string[] = [];
  const mend = async (what: string, order: Promise<void>): Promise<void> => {
    await execution.order(order, `${what} took too long`);
    mended.push(what);
  };
  const { endpoints, servers, topology } = environment.view;
  for (const { name, fault, isDrained, isForced } of endpoints) {
    if (fault !== null) await mend(`healed ${name} (${fault})`, environment.setFault(name, null));
    if (isDrained) await mend(`gave ${name} back (drained)`, environment.operate(name, "undrain"));
    if (isForced) await mend(`let go of ${name} (forced)`, environment.operate(name, "unforce"));
  }
  for (const { region, isRunning } of servers) {
    if (!isRunning)
      await mend(`started the app server in ${region}`, environment.startServer(region));
  }
  if (topology !== "client-server") {
    await mend("switched to client-server", changes.setTopology("client-server"));
  }
  const clients = sizeFor(changes.clients);
  if (clients !== changes.clients) {
    await mend(`asked for ${clients} clients`, changes.resize(clients));
  }
  await execution.until(() => endpointsSettled(context));
  if (displacedClients(environment).length > 0) {
    await mend("called clients home", changes.setFailback("paced"));
    await execution.until(() => clientsSettled(context));
  }
  if (environment.view.failback !== "natural") {
    await execution.order(changes.setFailback("natural"), "failback was not set to natural");
  }
  changes.watch();
  await execution.until(() => clientsSettled(context));
  execution.measure(
    { label: "at home", value: environment.clients.views.length, unit: "clients" },
    { label: "mended first", value: mended.length, unit: "" },
  );
  return mended;
}

function sizeFor(wanted: number): number {
  if (wanted < FEWEST_CLIENTS) return 20;
  let clients = wanted;
  while (clients + newClientsFor(clients) > maxClients) clients -= 1;
  return clients;
}

/** Every app server sees every endpoint, and answers with its own. */
function endpointsSettled({ environment }: GuidedDrillContext): true | NotYet {
  for (const { region, answers, links } of environment.view.servers) {
    const sick = links.find(({ health }) => health !== "healthy");
    if (sick) {
      const why = sick.reason ? ` (${sick.reason})` : "";
      return new NotYet(`${sick.endpoint} is ${sick.health}${why} to the app server in ${region}`);
    }
    if (answers !== region) return new NotYet(`negotiate in ${region} names ${answers}`);
  }
  return true;
}

function clientsSettled({ environment, changes }: GuidedDrillContext): true | NotYet {
  const clients = environment.clients.views;
  if (clients.length !== changes.clients) {
    return new NotYet(`${clients.length} of ${changes.clients} clients are there`);
  }
  const displaced = displacedClients(environment).length;
  return displaced === 0 || new NotYet(`${displaced} of ${clients.length} clients are not at home`);
}
