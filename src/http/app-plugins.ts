import type { Request, Response } from "express";
import type { ResilientPubSub } from "../contract/resilient-pubsub.ts";
import { check, isFilled } from "../kit/arguments.ts";
import { describeValue } from "../kit/describe-value.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { canonicalHub } from "../kit/hub-name.ts";
import { warnProcess } from "../kit/warn-process.ts";
import { type App, mountedIn } from "./routing-rules.ts";

// Registered symbols, since an app may have loaded this package twice, as ESM and as CommonJS.
const MEMBER = Symbol.for("express-resilient-pubsub.member");
const MEMBERS = Symbol.for("express-resilient-pubsub.members");

/** What a plugin is to the others of its app. */
interface Member {
  /** The plugins that a request has passed when it finds this in `res.locals`, in that order. */
  readonly passed: readonly ResilientPubSub[];
  /** Where it answers negotiates, in the app that it was seen in last. */
  readonly negotiateRoute: string;
  /** Whether it takes no more negotiates. */
  readonly isClosing: boolean;
  /** Told of another one of the app. */
  learn(other: ResilientPubSub): void;
  /** Told that another one is closed. */
  forget(other: ResilientPubSub): void;
}

type Plugin = ResilientPubSub & { readonly [MEMBER]: Member };

/** Members of a plugin by which others find it, and it finds them. */
export interface AppMembership {
  hub(name: string): ResilientPubSub;
  readonly [MEMBER]: Member;
}

/**
 * A plugin among those of its app. The app itself keeps who they are, and each of them the others, by
 * their hubs; nothing is kept for the process.
 */
export class AppPlugins {
  readonly #self: () => Plugin;
  readonly #negotiatePath: string;
  readonly #closing: AbortSignal;
  readonly #others = new Map<string, ResilientPubSub>();
  /** What stands in `res.locals` once a request has passed this plugin too, by what stood there. */
  readonly #views = new WeakMap<Plugin, Plugin>();
  /** Of each app that it has been seen in. */
  readonly #memberships = new Set<Set<Plugin>>();
  #app: unknown;
  #mountPath = "";
  #hasLeft = false;

  /**
   * @param self Not asked before the first request.
   * @param closing Ends when the plugin takes no more negotiates.
   */
  constructor(self: () => ResilientPubSub, negotiatePath: string, closing: AbortSignal) {
    this.#self = self as () => Plugin;
    this.#negotiatePath = negotiatePath;
    this.#closing = closing;
  }

  get membership(): AppMembership {
    const plugins = this;
    return {
      hub: (name) => {
        checkHub(name);
        return plugins.#find(name);
      },
      [MEMBER]: {
        get passed() {
          return [plugins.#self()];
        },
        get negotiateRoute() {
          return plugins.#negotiateRoute;
        },
        get isClosing() {
          return plugins.#closing.aborted;
        },
        learn: (other) => void plugins.#others.set(canonicalHub(other.hubName), other),
        forget: (other) => {
          const hub = canonicalHub(other.hubName);
          if (plugins.#others.get(hub) === other) plugins.#others.delete(hub);
        },
      },
    };
  }

  /**
   * Puts the plugin into `res.locals`, beside those that the request has passed before.
   *
   * @returns The plugin itself.
   */
  offer(req: Request, res: Response): ResilientPubSub {
    const self = this.#self();
    if (req.app !== this.#app && !this.#hasLeft) this.#introduce(req);
    const before: unknown = res.locals.pubsub;
    res.locals.pubsub = before === self || !isPlugin(before) ? self : this.#viewAfter(before);
    return self;
  }

  /**
   * Whether the app has another plugin of this hub in the place of this one, which is closing. Nothing
   * that was mounted in an app can be taken out of it, so this one must let requests pass.
   */
  isReplaced(req: Request): boolean {
    // Nearly every request ends here.
    if (!this.#closing.aborted || !req.app) return false;
    const hub = canonicalHub(this.#self().hubName);
    return [...mountedIn(req.app as App)].some(
      (other) => isPlugin(other) && !other[MEMBER].isClosing && canonicalHub(other.hubName) === hub,
    );
  }

  /** Has the app and its other plugins forget this one, which is closed. */
  leave(): void {
    this.#hasLeft = true;
    const self = this.#self();
    for (const members of this.#memberships) {
      members.delete(self);
      for (const other of members) other[MEMBER].forget(self);
    }
    this.#memberships.clear();
  }

  get #negotiateRoute(): string {
    return (this.#mountPath + this.#negotiatePath).toLowerCase().replace(/\/$/, "");
  }

  /** The plugins of an app know each other as soon as each of them has seen a request. */
  #introduce({ app, baseUrl }: Request): void {
    const self = this.#self();
    const members = membersOf(app);
    this.#app = app;
    this.#mountPath = baseUrl;
    for (const other of members) {
      if (other === self) continue;
      other[MEMBER].learn(self);
      self[MEMBER].learn(other);
    }
    members.add(self);
    this.#memberships.add(members);
  }

  #viewAfter(before: Plugin): Plugin {
    const self = this.#self();
    if (before[MEMBER].passed.includes(self)) return before;
    const known = this.#views.get(before);
    if (known) return known;
    const rival = before[MEMBER].passed.find(
      (other) => (other as Plugin)[MEMBER].negotiateRoute === this.#negotiateRoute,
    );
    if (rival) {
      const route = this.#mountPath + this.#negotiatePath;
      warnProcess("ERR_SEVERAL_HUBS", sameRouteWarning(rival, self, route));
    }
    const view = severalPlugins([...before[MEMBER].passed, self]);
    this.#views.set(before, view);
    return view;
  }

  #find(name: string): ResilientPubSub {
    const self = this.#self();
    const found =
      canonicalHub(name) === canonicalHub(self.hubName)
        ? self
        : this.#others.get(canonicalHub(name));
    if (found) return found;
    const known = [self, ...this.#others.values()].map(({ hubName }) => describeValue(hubName));
    const message = `No plugin of the hub ${describeValue(name)} is known here, but of ${known.join(", ")}; plugins know each other when each has seen a request of their app: until then, and for one of another app, use the plugin itself`;
    throw new ResilientPubSubError("ERR_UNKNOWN_HUB", message);
  }
}

/**
 * The first plugin, in which all that the request has passed are found by their hubs. It warns when
 * it is used as if it was the only one.
 */
function severalPlugins(passed: readonly ResilientPubSub[]): Plugin {
  const [first] = passed as [Plugin];
  const member: Member = { ...first[MEMBER], passed };
  const hub = (name: string): ResilientPubSub => {
    checkHub(name);
    const found = passed.find(({ hubName }) => canonicalHub(hubName) === canonicalHub(name));
    return found ?? first.hub(name);
  };
  let hasWarned = false;
  return new Proxy(first, {
    get(target, key) {
      if (key === MEMBER) return member;
      if (key === "hub") return hub;
      if (
        !hasWarned &&
        key !== "hubName" &&
        Object.prototype.propertyIsEnumerable.call(first, key)
      ) {
        hasWarned = true;
        warnProcess("ERR_SEVERAL_HUBS", ambiguityWarning(passed));
      }
      return Reflect.get(target, key);
    },
  });
}

function isPlugin(value: unknown): value is Plugin {
  return typeof value === "function" && MEMBER in value;
}

/** Apps may be mounted in apps; what is mounted in any of them belongs together. */
function membersOf(app: Request["app"]): Set<Plugin> {
  const { parent } = app as { parent?: Request["app"] };
  if (parent) return membersOf(parent);
  const locals = app.locals as { [MEMBERS]?: Set<Plugin> };
  locals[MEMBERS] ??= new Set();
  return locals[MEMBERS];
}

function checkHub(name: unknown): void {
  check(isFilled(name), "hub", name, 'give the name of a hub, such as "chat"');
}

function ambiguityWarning(passed: readonly ResilientPubSub[]): string {
  const [first, ...others] = passed.map(({ hubName }) => describeValue(hubName));
  return `res.locals.pubsub is the plugin of the hub ${first}, the first that the request has passed, and not of ${others.join(", ")}; say res.locals.pubsub.hub(${first}) for one of them`;
}

function sameRouteWarning(rival: ResilientPubSub, self: ResilientPubSub, route: string): string {
  const [taken, lost] = [rival, self].map(({ hubName }) => describeValue(hubName));
  return `The plugins of the hubs ${taken} and ${lost} both answer negotiates at ${describeValue(route)}, so all clients get to ${taken}; give each plugin a negotiate.path of its own`;
}
