import { Output } from "../../src/cli/output.ts";

function createStream() {
  const written: string[] = [];
  return { written, writableLength: 0, write: (text: string) => written.push(text) };
}

test("output is written line by line", () => {
  const stream = createStream();
  const output = new Output(stream);
  output.line("a");
  output.line("b");
  expect(stream.written).toEqual(["a\n", "b\n"]);
});

test("a reader that is too slow loses lines instead of filling the memory, and is told how many", () => {
  const stream = createStream();
  const output = new Output(stream);
  stream.writableLength = 1024 * 1024 + 1;
  for (const line of ["a", "b", "c"]) output.line(line);
  expect(stream.written).toEqual([]);
  stream.writableLength = 0;
  output.line("d");
  output.line("e");
  expect(stream.written).toEqual(["(3 lines left out)\n", "d\n", "e\n"]);
});
