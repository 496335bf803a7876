import type { Comparator, Expression } from "./expression.ts";
import { FilterSyntaxError, syntaxError } from "./filter-syntax-error.ts";
import { type Token, tokenize } from "./tokenizer.ts";

const maxDepth = 100;
// Twice the clauses that the service warns of, with a lot to spare for lists of names.
const maxTerms = 2000;

const CONSTANTS: Readonly<Record<string, boolean | null>> = {
  true: true,
  false: false,
  null: null,
};
const COMPARATORS: readonly string[] = ["eq", "ne", "gt", "ge", "lt", "le"];
const RESERVED: readonly string[] = [...COMPARATORS, "and", "or", "not", "in"];

/**
 * Binding, the tightest first: `not`, comparisons and `in`, `and`, `or`. Words ignore case.
 *
 * @throws FilterSyntaxError
 */
export const parseFilter = (text: string): Expression => new Parser(text).parse();

/** Reads by recursive descent; the depth is bounded, or a filter could overflow the stack. */
class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;
  #terms = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  parse(): Expression {
    const expression = this.#or();
    if (this.#next.kind !== "end") throw this.#unexpected();
    return expression;
  }

  #or(): Expression {
    return this.#chain("or", () => this.#chain("and", () => this.#comparison()));
  }

  #chain(kind: "and" | "or", operand: () => Expression): Expression {
    const { start } = this.#next;
    const first = operand();
    const operands = [first];
    while (this.#takeWord(kind)) operands.push(operand());
    return operands.length === 1 ? first : { kind, operands, source: this.#since(start) };
  }

  #comparison(): Expression {
    const { start } = this.#next;
    const left = this.#unary();
    if (this.#takeWord("in")) return this.#membership(left, start);
    const word = this.#peekWord();
    if (word === undefined || !COMPARATORS.includes(word)) return left;
    this.#take();
    const right = this.#unary();
    const comparator = word as Comparator;
    return { kind: "comparison", comparator, left, right, source: this.#since(start) };
  }

  #membership(item: Expression, start: number): Expression {
    const isList = this.#next.kind === "(";
    if (!isList && this.#next.kind !== "word") throw this.#unexpected();
    const candidates = isList ? this.#list() : [this.#primary()];
    if (isList && candidates.length === 0) throw this.#unexpected(-1);
    return { kind: "in", item, candidates, isList, source: this.#since(start) };
  }

  #unary(): Expression {
    const { start } = this.#next;
    if (!this.#takeWord("not")) return this.#primary();
    const operand = this.#nested(() => this.#unary());
    return { kind: "not", operand, source: this.#since(start) };
  }

  #primary(): Expression {
    this.#terms += 1;
    if (this.#terms > maxTerms) {
      throw new FilterSyntaxError(`The filter has more than ${maxTerms} terms.`);
    }
    const token = this.#next;
    switch (token.kind) {
      case "string":
      case "integer":
        this.#take();
        return { kind: "literal", value: token.value, source: this.#since(token.start) };
      case "(":
        return this.#parenthesized();
      case "word":
        return this.#named(token.word);
      default:
        throw this.#unexpected();
    }
  }

  #parenthesized(): Expression {
    const { start } = this.#take();
    const expression = this.#nested(() => this.#or());
    this.#expect(")");
    return { ...expression, source: this.#since(start) };
  }

  #named(name: string): Expression {
    const word = name.toLowerCase();
    if (RESERVED.includes(word)) throw this.#unexpected();
    const { start } = this.#take();
    if (this.#next.kind === "(") {
      const operands = this.#list();
      return { kind: "call", name, operands, source: this.#since(start) };
    }
    const source = this.#since(start);
    return Object.hasOwn(CONSTANTS, word)
      ? { kind: "literal", value: CONSTANTS[word] ?? null, source }
      : { kind: "name", name, source };
  }

  #list(): Expression[] {
    this.#expect("(");
    const items: Expression[] = [];
    if (this.#next.kind !== ")") {
      do items.push(this.#nested(() => this.#primary()));
      while (this.#takeComma());
    }
    this.#expect(")");
    return items;
  }

  #nested(parse: () => Expression): Expression {
    this.#depth += 1;
    if (this.#depth > maxDepth) {
      throw new FilterSyntaxError(`The filter is nested more than ${maxDepth} levels deep.`);
    }
    const expression = parse();
    this.#depth -= 1;
    return expression;
  }

  get #next(): Token {
    return this.#at(0);
  }

  #at(offset: number): Token {
    const index = Math.min(this.#position + offset, this.#tokens.length - 1);
    return this.#tokens[index] as Token;
  }

  #take(): Token {
    const token = this.#next;
    this.#position += 1;
    return token;
  }

  #expect(kind: Token["kind"]): void {
    if (this.#next.kind !== kind) throw this.#unexpected();
    this.#take();
  }

  #takeComma(): boolean {
    if (this.#next.kind !== ",") return false;
    this.#take();
    return true;
  }

  #peekWord(): string | undefined {
    return this.#next.kind === "word" ? this.#next.word.toLowerCase() : undefined;
  }

  #takeWord(word: string): boolean {
    if (this.#peekWord() !== word) return false;
    this.#take();
    return true;
  }

  #since(start: number): string {
    return this.#text.slice(start, this.#at(-1).end);
  }

  #unexpected(offset = 0): FilterSyntaxError {
    return syntaxError(this.#text, this.#at(offset).end);
  }
}
