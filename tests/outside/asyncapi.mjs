// Says whether the AsyncAPI documents named on the command line are valid, by AsyncAPI's own parser.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

let wrong = 0;
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
  const errors = diagnostics.filter((found) => found.severity === 0);
  for (const error of errors) console.error(`${file}: ${error.message} at ${error.path.join(".")}`);
  console.log(`${file}: AsyncAPI ${document ? document.version() : "invalid"}`);
  wrong += errors.length || !document ? 1 : 0;
}
process.exit(wrong ? 1 : 0);
