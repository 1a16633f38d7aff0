// What `jobmount new` writes: a job that shows params, records, progress and the abort signal, and its test.

/** `key` is one that `keyProblem` allows, so that its name needs no escape. */
export function jobTemplate(key: string): string {
  return `${imports("{ setTimeout as wait }", "node:timers/promises")}
${imports("{ defineJob }", "jobmount")}

export class Job extends defineJob({
  name: "${nameOf(key)}",
  description: "Greets somebody a few times",
  requiredParams: {
    who: { type: "string", label: "Who", minLength: 1, maxLength: 80 },
  },
  optionalParams: {
    times: { type: "integer", label: "Times", default: 3, min: 1, max: 100 },
  },
  timeout: "1m",
}) {
  async execute() {
    const { who, times } = this.params;
    for (let n = 1; n <= times; n++) {
      // Whatever waits gets the signal: then a cancel ends the run at once.
      await wait(10, undefined, { signal: this.signal });
      this.log.info(\`hello \${who}\`, { n });
      this.records.success();
      this.progress((n / times) * 100, \`\${n} of \${times}\`);
    }
    return { greeted: who };
  }
}
`;
}

export function testTemplate(): string {
  return `${imports("assert", "node:assert/strict")}
${imports("{ test }", "node:test")}
${imports("{ testJob }", "jobmount/testing")}
${imports("{ Job }", "./job.ts")}

test("greets as often as asked, one record each", async () => {
  const run = await testJob(Job, { params: { who: "Ada", times: 2 } });
  assert.equal(run.outcome, "succeeded", run.cause ?? "");
  assert.deepEqual(run.records, { processed: 2, success: 2, failed: 0, skipped: 0 });
  assert.deepEqual(run.result, { greeted: "Ada" });
  assert.equal(run.logs[0]?.text, "hello Ada");
  assert.equal(run.progress.at(-1)?.percent, 100);
});

test("needs to know whom to greet", async () => {
  await assert.rejects(testJob(Job), /who: is required/);
});
`;
}

function imports(what: string, from: string): string {
  return `import ${what} from "${from}";`;
}

/** `billing/sync-orders` becomes "Sync orders". */
function nameOf(key: string): string {
  const words = key.split("/").at(-1)!.replace(/[-_]+/g, " ").trim();
  return words === "" ? key : words[0]!.toUpperCase() + words.slice(1);
}
