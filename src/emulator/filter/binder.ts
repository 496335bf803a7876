import type { Comparator, Expression } from "./expression.ts";
import { invalidPart } from "./filter-syntax-error.ts";
import { functions, type Type, type Value } from "./functions.ts";

/** What a filter is asked about: one connection. */
export interface FilterSubject {
  /** The connection id. */
  readonly id: string;
  /** Null for an anonymous client. */
  readonly userId: string | null;
  readonly groups: ReadonlySet<string>;
}

/** An expression that makes sense. Whatever its type, its value may also be null. */
export interface Bound {
  readonly type: Type;
  readonly evaluate: (subject: FilterSubject) => Value;
}

type Part<K extends Expression["kind"]> = Extract<Expression, { kind: K }>;

const IDENTIFIERS: ReadonlyMap<string, Bound> = new Map<string, Bound>([
  ["userid", { type: "string", evaluate: ({ userId }) => userId }],
  ["connectionid", { type: "string", evaluate: ({ id }) => id }],
  ["groups", { type: "collection", evaluate: ({ groups }) => groups }],
]);

const COMPARISONS: Record<Comparator, (left: Value, right: Value) => boolean> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  gt: ordered((left, right) => left > right),
  ge: ordered((left, right) => left >= right),
  lt: ordered((left, right) => left < right),
  le: ordered((left, right) => left <= right),
};

/** @throws FilterSyntaxError unless the expression is one that is true or false. */
export function bindCondition(expression: Expression, part = expression): Bound {
  const bound = bind(expression);
  expectType(part, bound, ["bool"]);
  return bound;
}

function bind(expression: Expression): Bound {
  switch (expression.kind) {
    case "literal":
      return { type: typeOf(expression.value), evaluate: () => expression.value };
    case "name":
      return bindName(expression);
    case "call":
      return bindCall(expression);
    case "not":
      return bindNot(expression);
    case "and":
    case "or":
      return bindChain(expression);
    case "comparison":
      return bindComparison(expression);
    case "in":
      return bindMembership(expression);
  }
}

function bindName({ name, source }: Part<"name">): Bound {
  const identifier = IDENTIFIERS.get(name.toLowerCase());
  if (!identifier) throw invalidPart(source, `Identifier '${name}' is unknown.`);
  return identifier;
}

function bindCall(call: Part<"call">): Bound {
  const called = functions.get(call.name.toLowerCase());
  if (!called) throw invalidPart(call.source, `Function '${call.name}' is unknown.`);
  const { parameters, optional = 0, result, run } = called;
  const count = call.operands.length;
  if (count > parameters.length || count < parameters.length - optional) {
    throw invalidPart(call.source, `Function '${call.name}' does not take ${count} arguments.`);
  }
  const operands = call.operands.map((operand, index) => {
    const bound = bind(operand);
    expectType(call, bound, [...(parameters[index] ?? []), "null"]);
    return bound;
  });
  return {
    type: result,
    evaluate: (subject) => {
      const values = operands.map((operand) => operand.evaluate(subject));
      return values.includes(null) ? null : run(...(values as never[]));
    },
  };
}

function bindNot(expression: Part<"not">): Bound {
  const operand = bindCondition(expression.operand, expression);
  return {
    type: "bool",
    evaluate: (subject) => {
      const value = operand.evaluate(subject);
      return value === null ? null : !value;
    },
  };
}

/** One operand may decide; if none does, one that is null leaves it open. */
function bindChain(expression: Part<"and" | "or">): Bound {
  const operands = expression.operands.map((operand) => bindCondition(operand, expression));
  const decisive = expression.kind === "or";
  return {
    type: "bool",
    evaluate: (subject) => {
      let isOpen = false;
      for (const operand of operands) {
        const value = operand.evaluate(subject);
        if (value === decisive) return decisive;
        if (value === null) isOpen = true;
      }
      return isOpen ? null : !decisive;
    },
  };
}

function bindComparison(expression: Part<"comparison">): Bound {
  const { comparator } = expression;
  const left = bind(expression.left);
  const right = bind(expression.right);
  const ofAnyOrder: Type[] = ["string", "int", "null"];
  const comparable: Type[] = /eq|ne/.test(comparator) ? [...ofAnyOrder, "bool"] : ofAnyOrder;
  expectType(expression, left, comparable);
  expectType(expression, right, left.type === "null" ? comparable : [left.type, "null"]);
  const compare = COMPARISONS[comparator];
  return {
    type: "bool",
    evaluate: (subject) => compare(left.evaluate(subject), right.evaluate(subject)),
  };
}

function bindMembership(expression: Part<"in">): Bound {
  const item = bind(expression.item);
  const candidates = expression.candidates.map(bind);
  const [first] = candidates;
  if (first && (!expression.isList || (candidates.length === 1 && first.type === "collection"))) {
    expectType(expression, first, ["collection"]);
    expectType(expression, item, ["string", "null"]);
    return {
      type: "bool",
      evaluate: (subject) =>
        (first.evaluate(subject) as ReadonlySet<unknown>).has(item.evaluate(subject)),
    };
  }
  expectType(expression, item, ["string", "int", "bool", "null"]);
  for (const candidate of candidates) {
    const comparable: Type[] = ["string", "int", "bool", "null"];
    expectType(expression, candidate, item.type === "null" ? comparable : [item.type, "null"]);
  }
  return {
    type: "bool",
    evaluate: (subject) => {
      const value = item.evaluate(subject);
      return candidates.some((candidate) => candidate.evaluate(subject) === value);
    },
  };
}

function ordered(compare: (left: string | number, right: string | number) => boolean) {
  return (left: Value, right: Value): boolean =>
    left !== null && right !== null && compare(left as never, right as never);
}

// The service names the type that the part has for an anonymous client.
const ANONYMOUS: FilterSubject = { id: "", userId: null, groups: new Set() };

function expectType(part: Expression, { type, evaluate }: Bound, expected: readonly Type[]): void {
  if (expected.includes(type)) return;
  throw invalidPart(
    part.source,
    `Type '${typeOf(evaluate(ANONYMOUS))}', expect '${expected.find((one) => one !== "null")}'.`,
  );
}

function typeOf(value: Value): Type {
  switch (typeof value) {
    case "string":
      return "string";
    case "number":
      return "int";
    case "boolean":
      return "bool";
    default:
      return value === null ? "null" : "collection";
  }
}
