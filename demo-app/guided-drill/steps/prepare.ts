import { away } from "../execution/client-locations.ts";
import type { Cast } from "../execution/guided-drill-context.ts";
import { type Attempt, Missing } from "../execution/step-execution.ts";

const FEWEST_CLIENTS = 4;
const MOST_CLIENTS = 500;

/** So many join while the drill goes on; the crowd must have room for them. */
export function newcomersFor(clients: number): number {
  return Math.max(4, Math.round(clients / 5));
}

/**
 * Mends what is broken, stopped or set otherwise, and waits until every client is at home.
 *
 * @returns What had to be mended, in words.
 */
export async function prepare(attempt: Attempt, cast: Cast): Promise<string[]> {
  const { environment, setup } = cast;
  const mended: string[] = [];
  const mend = async (what: string, order: Promise<void>): Promise<void> => {
    await attempt.order(order, `${what} took too long`);
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
    await mend("switched to client-server", setup.setTopology("client-server"));
  }
  const clients = sizeFor(setup.clients);
  if (clients !== setup.clients) {
    await mend(`asked for ${clients} clients`, setup.resize(clients));
  }
  await attempt.until(() => healthOf(cast));
  if (away(environment).length > 0) {
    await mend("called clients home", setup.setFailback("paced"));
    await attempt.until(() => homeOf(cast));
  }
  if (environment.view.failback !== "natural") {
    await attempt.order(setup.setFailback("natural"), "failback was not set to natural");
  }
  setup.watch();
  await attempt.until(() => homeOf(cast));
  attempt.measure(
    { label: "at home", value: environment.clients.views.length, unit: "clients" },
    { label: "mended first", value: mended.length, unit: "" },
  );
  return mended;
}

function sizeFor(wanted: number): number {
  if (wanted < FEWEST_CLIENTS) return 20;
  let clients = wanted;
  while (clients + newcomersFor(clients) > MOST_CLIENTS) clients -= 1;
  return clients;
}

/** Every app server sees every endpoint, and answers with its own. */
function healthOf({ environment }: Cast): true | Missing {
  for (const { region, answers, links } of environment.view.servers) {
    const sick = links.find(({ health }) => health !== "healthy");
    if (sick) {
      const why = sick.reason ? ` (${sick.reason})` : "";
      return new Missing(`${sick.endpoint} is ${sick.health}${why} to the app server in ${region}`);
    }
    if (answers !== region) return new Missing(`negotiate in ${region} names ${answers}`);
  }
  return true;
}

function homeOf({ environment, setup }: Cast): true | Missing {
  const clients = environment.clients.views;
  if (clients.length !== setup.clients) {
    return new Missing(`${clients.length} of ${setup.clients} clients are there`);
  }
  const strays = away(environment).length;
  return strays === 0 || new Missing(`${strays} of ${clients.length} clients are not at home`);
}
