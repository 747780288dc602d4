// graphile-worker, as its documentation has it: run() with PEER_SLOTS at once, a pool that is a little larger.
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(process.env.PEER_MODULES, "index.js"));
const { run, makeWorkerUtils, Logger } = require("graphile-worker");
const slots = Number(process.env.PEER_SLOTS);
const say = (facts) => console.log(JSON.stringify(facts));
const { version } = require(join(process.env.PEER_MODULES, "node_modules/graphile-worker/package.json"));
const logger = new Logger(() => () => {});
const connectionString = process.env.PEER_URL;

if (process.argv[2] === "work") {
  await run({
    connectionString,
    logger,
    concurrency: slots,
    maxPoolSize: slots + 2,
    taskList: {
      call: async (payload) => {
        const answer = await fetch(process.env.PEER_TARGET, { method: "POST", body: JSON.stringify(payload) });
        await answer.text();
      },
    },
  });
  say({ version });
} else {
  const utils = await makeWorkerUtils({ connectionString, logger });
  say({ version });
  for await (const line of createInterface({ input: process.stdin })) {
    const jobs = Number(line);
    const began = process.hrtime.bigint();
    if (jobs === 1) await utils.addJob("call", { n: 1 });
    else await utils.addJobs(Array.from({ length: jobs }, (_, n) => ({ identifier: "call", payload: { n } })));
    say({ seconds: Number(process.hrtime.bigint() - began) / 1e9 });
  }
}
