// pg-boss, tuned as its documentation allows: LISTEN, workers that fetch two jobs at once, again at once after a full batch.
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(join(process.env.PEER_MODULES, "index.js"));
const { PgBoss } = require("pg-boss");
const slots = Number(process.env.PEER_SLOTS);
const say = (facts) => console.log(JSON.stringify(facts));
const { version } = require(join(process.env.PEER_MODULES, "node_modules/pg-boss/package.json"));
const works = process.argv[2] === "work";
const boss = new PgBoss({ connectionString: process.env.PEER_URL, useListenNotify: works, supervise: works });
boss.on("error", () => {});
await boss.start();

if (works) {
  await boss.createQueue("calls", { notify: true });
  const call = async (job) => {
    const answer = await fetch(process.env.PEER_TARGET, { method: "POST", body: JSON.stringify(job.data) });
    await answer.text();
  };
  for (let n = 0; n < slots / 2; n++) {
    await boss.work("calls", { batchSize: 2, burstWhenBatchFull: true }, (jobs) => Promise.all(jobs.map(call)));
  }
  say({ version });
} else {
  say({ version });
  for await (const line of createInterface({ input: process.stdin })) {
    const jobs = Number(line);
    const began = process.hrtime.bigint();
    if (jobs === 1) await boss.send("calls", { n: 1 });
    else await boss.insert("calls", Array.from({ length: jobs }, (_, n) => ({ data: { n } })));
    say({ seconds: Number(process.hrtime.bigint() - began) / 1e9 });
  }
}
