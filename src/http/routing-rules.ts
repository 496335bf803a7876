import type { Request, RequestHandler } from "express";
import { pathBelowMount } from "./mount-path.ts";
import type { RoutePath, RoutingRules } from "./route-path.ts";

/** What Express 4 and 5 have in common of a router and of what is mounted in it. */
interface Router extends Partial<RoutingRules> {
  readonly stack?: readonly Layer[];
}
interface Layer {
  readonly handle?: unknown;
  readonly route?: { readonly stack?: readonly Layer[] };
}
export interface App {
  /** Of Express 4, where `router` throws. */
  readonly _router?: Router;
  readonly router?: Router;
  /** The app that it is mounted in. */
  readonly parent?: App;
}

const LOOSEST: RoutingRules = { caseSensitive: false, strict: false };
const STRICTEST: RoutingRules = { caseSensitive: true, strict: true };

/**
 * Whether a request is at a route, as the routing of its app would say: what a guard that is
 * registered for the path does not recognise must not be answered behind it either.
 *
 * @param middleware What is mounted in the app and asks.
 * @param path As `pathBelowMount` has it; for those who ask about several routes.
 */
export function isRequestAt(
  route: RoutePath,
  req: Request,
  middleware: RequestHandler,
  path = pathBelowMount(req),
): boolean {
  // Nearly every request of an app comes by here, and ends here.
  if (!route.isAt(path, LOOSEST)) return false;
  const written = writtenPath(req);
  if (hasLostSlash(req, written)) return false;
  const isMountPathWithSlash = path === "/" && req.baseUrl !== "" && written.endsWith("/");
  if (route.isAt(path, STRICTEST) && !isMountPathWithSlash) return true;
  const rules = routingRulesOf(req, middleware);
  return route.isAt(path, rules) && !(rules.strict && isMountPathWithSlash);
}

/** The whole path, as the client wrote it, read as Express reads `req.path`. */
function writtenPath(req: Request): string {
  if (req.originalUrl === req.url) return req.path;
  return String(Reflect.get(req, "path", { url: req.originalUrl }));
}

/**
 * In Express 4 a mount path takes a slash too many with it: of `/api//negotiate`, what is mounted at
 * `/api` sees `/negotiate`, while a guard for `/api/negotiate` sees another path. A URL that the app
 * has written anew is what the app says it is.
 */
function hasLostSlash({ baseUrl, path }: Request, written: string): boolean {
  const seen = baseUrl + path;
  return written !== seen && written.replace(/\/{2,}/g, "/") === seen;
}

/**
 * The strictest rules of all routers on the way to the middleware. They are those that a router was
 * made with: what an app is set to later does not reach it. Without an app of Express, a path is the
 * same only if it is written the same.
 */
function routingRulesOf(req: Request, middleware: RequestHandler): RoutingRules {
  const app = req.app as unknown as App | undefined;
  const routers = app ? [...appRouters(app), ...routersTo(middleware, routerOf(app))] : [];
  if (routers.length === 0) return STRICTEST;
  return {
    caseSensitive: routers.some(({ caseSensitive }) => caseSensitive),
    strict: routers.some(({ strict }) => strict),
  };
}

const routerOf = (app: App): Router | undefined => app._router ?? app.router;

function appRouters(app: App): Router[] {
  const router = routerOf(app);
  return [...(router ? [router] : []), ...(app.parent ? appRouters(app.parent) : [])];
}

/** All that is mounted in an app, in its routers, and in the apps that it is mounted in. */
export function mountedIn(app: App): Set<unknown> {
  const mounted = new Set<unknown>();
  const collect = ({ stack }: Router): void => {
    for (const handle of handlesOf(stack)) {
      const router = mounted.has(handle) ? undefined : asRouter(handle);
      mounted.add(handle);
      if (router) collect(router);
    }
  };
  appRouters(app).forEach(collect);
  return mounted;
}

/** The routers in a router by which the middleware is reached, and that itself; none when it is not. */
function routersTo(
  middleware: RequestHandler,
  router: Router | undefined,
  visited = new Set<Router>(),
): Router[] {
  if (!router || visited.has(router)) return [];
  visited.add(router);
  const handles = handlesOf(router.stack);
  const within = handles.flatMap((handle) => routersTo(middleware, asRouter(handle), visited));
  return within.length > 0 || handles.includes(middleware) ? [router, ...within] : [];
}

function handlesOf(stack: readonly Layer[] = []): unknown[] {
  return stack.flatMap(({ handle, route }) => [handle, ...(route ? handlesOf(route.stack) : [])]);
}

function asRouter(handle: unknown): Router | undefined {
  return Array.isArray((handle as Router | undefined)?.stack) ? (handle as Router) : undefined;
}
