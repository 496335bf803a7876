import type { Request } from "express";
import type { AgreementId, PluginContext } from "../context/plugin-context.ts";
import { fullBy, RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { lastResort } from "../endpoints/serving-now.ts";
import { pickByWeight, servingEndpoints } from "../endpoints/serving-order.ts";
import { type Awaitable, whenThere } from "../kit/awaitable.ts";
import { waitAtMost } from "../kit/deadline.ts";
import { agreedEndpoint } from "./agreed-endpoint.ts";
import { askRouter } from "./custom-router.ts";

const NONE: ReadonlySet<RegisteredEndpoint> = new Set();

/**
 * Chooses the endpoint of one negotiate. A choice whose last health check is too old, or in doubt,
 * is checked first, and the choice made again if it fails; all that within one budget, so that no
 * client waits for a dead endpoint.
 *
 * @param req Without one, there is nothing to ask the application's router about.
 * @param avoided Endpoints that are chosen only when there is no other.
 * @param giveUpAt When the budget ends, in the time of `performance.now()`.
 * @param refused Endpoints that are not chosen at all: they have been asked.
 */
export function selectEndpoint(
  context: PluginContext,
  req: Request | undefined,
  avoided: ReadonlySet<RegisteredEndpoint>,
  giveUpAt: number,
  refused = NONE,
): RegisteredEndpoint | Promise<Choice> {
  const { monitor } = context;
  monitor.lookForRecovery();
  const selection = { context, req, avoided, giveUpAt, refused };
  const choice = choose(selection, NONE);
  // Nearly every negotiate ends here, and pays for nothing that is awaited otherwise.
  if (choice instanceof RegisteredEndpoint && !monitor.needsCheck(choice)) {
    monitor.refresh(choice);
    return choice;
  }
  return selectChecked(selection, choice);
}

interface Selection {
  readonly context: PluginContext;
  readonly req: Request | undefined;
  readonly avoided: ReadonlySet<RegisteredEndpoint>;
  readonly giveUpAt: number;
  readonly refused: ReadonlySet<RegisteredEndpoint>;
}

type Choice = RegisteredEndpoint | undefined;

async function selectChecked(selection: Selection, first: Awaitable<Choice>): Promise<Choice> {
  const { context, giveUpAt, refused } = selection;
  const { monitor } = context;
  const checked = new Set<RegisteredEndpoint>();
  for (let choosing = first; ; choosing = choose(selection, checked)) {
    const choice = await choosing;
    if (choice === undefined) {
      return chooseLastResort(context, refused);
    }
    // While an asynchronous router made up its mind, the choice may have been drained or lost.
    if (!isCandidate(selection, checked, choice)) continue;
    if (checked.has(choice)) return choice;
    if (!monitor.needsCheck(choice)) {
      monitor.refresh(choice);
      return choice;
    }
    await verify(context, choice, giveUpAt);
    if (choice.isUsable && !monitor.isSilent(choice)) return choice;
    checked.add(choice);
  }
}

function isCandidate(
  { context, refused }: Selection,
  checked: ReadonlySet<RegisteredEndpoint>,
  endpoint: RegisteredEndpoint,
): boolean {
  if (refused.has(endpoint) || !context.registry.has(endpoint)) return false;
  return endpoint.isUsable || (endpoint.isUnprobed && !checked.has(endpoint));
}

/** Asks one endpoint for what is wanted of it, on which there may be an agreement. */
export type Attempt<T> = (
  chosen: RegisteredEndpoint,
  agreement?: AgreementId,
) => Awaitable<T | undefined>;

/**
 * Tries endpoints as `selectEndpoint` chooses them, until one gives what is wanted of it; each is
 * tried once, and then avoided. Where servers agree on one, only that is tried.
 *
 * @param avoided Endpoints that are tried only when there is no other.
 */
export function tryInTurn<T>(
  context: PluginContext,
  req: Request | undefined,
  avoided: Set<RegisteredEndpoint>,
  attempt: Attempt<T>,
): Awaitable<T | undefined> {
  const { agreed, configuration, monitor } = context;
  return whenThere(monitor.opening, () => {
    if (agreed) {
      return whenThere(
        agreedEndpoint(context, agreed, avoided),
        (active) => active && attempt(active.endpoint, active.agreement),
      );
    }
    const giveUpAt = performance.now() + configuration.health.onDemandBudgetInMs;
    const tryNext = (refused: ReadonlySet<RegisteredEndpoint>): Awaitable<T | undefined> =>
      whenThere(selectEndpoint(context, req, avoided, giveUpAt, refused), (chosen) => {
        if (chosen === undefined) return undefined;
        return whenThere(attempt(chosen), (given) => {
          if (given !== undefined) return given;
          avoided.add(chosen);
          return tryNext(new Set(refused).add(chosen));
        });
      });
    return tryNext(NONE);
  });
}

async function verify(
  { monitor }: PluginContext,
  endpoint: RegisteredEndpoint,
  giveUpAt: number,
): Promise<void> {
  const verdict = monitor.check(endpoint);
  const budgetInMs = giveUpAt - performance.now();
  // An endpoint that is known to answer later than that would only be waited for in vain.
  const isTooSlow = !endpoint.isInDoubt && (endpoint.lastProbe?.durationInMs ?? 0) > budgetInMs;
  if (budgetInMs > 0 && !isTooSlow) await waitAtMost(budgetInMs, verdict);
}

/** @param checked Those that have been looked at for this negotiate. */
function choose(selection: Selection, checked: ReadonlySet<RegisteredEndpoint>): Awaitable<Choice> {
  const { context, req, avoided } = selection;
  const { census, configuration, events, monitor, random, registry } = context;
  const candidates = registry.all().filter((one) => isCandidate(selection, checked, one));
  const isHeard = (endpoint: RegisteredEndpoint): boolean => !monitor.isSilent(endpoint);
  const answering = preferred(candidates, isHeard);
  const eligible = preferred(answering, (endpoint) => !avoided.has(endpoint));
  if (eligible.length === 0) return undefined;
  // An operator's order takes precedence over the application's rule as well.
  const forced = eligible.find((endpoint) => endpoint.forced);
  if (forced) return forced;
  const byRule = () => pickByWeight(servingEndpoints(eligible, fullBy(census)), random());
  const { router, health } = configuration;
  if (router === undefined || req === undefined) return byRule();
  const { timeoutInMs } = health;
  const routing = askRouter(router, req, eligible, { census, events, timeoutInMs });
  return routing.then((routed) => routed ?? byRule());
}

/** Those that fit, or all when none does. */
function preferred<T>(all: readonly T[], isWanted: (one: T) => boolean): readonly T[] {
  if (all.every(isWanted)) return all;
  const wanted = all.filter(isWanted);
  return wanted.length > 0 ? wanted : all;
}

function chooseLastResort(
  { configuration, registry, random }: PluginContext,
  refused: ReadonlySet<RegisteredEndpoint>,
): RegisteredEndpoint | undefined {
  const { whenNoneHealthy } = configuration.negotiate;
  const left = lastResort(registry, whenNoneHealthy, (endpoint) => !refused.has(endpoint));
  return pickByWeight(left, random());
}
