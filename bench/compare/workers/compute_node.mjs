// Runs a guest again and again in Node.js, without any server: `module uri seconds`. Prints one JSON
// object: calls a second, quantiles of the time of one, CPU time of one (microseconds), the body.
import { readFileSync } from "node:fs";
import { Handler } from "./http_handler.mjs";

const [file, uri, seconds] = process.argv.slice(2);
const handler = new Handler(new WebAssembly.Module(readFileSync(file)));
const kNoBody = new Uint8Array(0);

// Until all of it is optimised.
for (const end = performance.now() + 1000; performance.now() < end;) handler.handle(uri, kNoBody);

const times = [];
let body;
const cpu = process.cpuUsage();
const begin = performance.now();
const end = begin + Number(seconds) * 1000;
for (let before = begin; before < end;) {
  body = handler.handle(uri, kNoBody).body;
  const after = performance.now();
  times.push((after - before) * 1000);
  before = after;
}
const wall = (performance.now() - begin) / 1000;
const used = process.cpuUsage(cpu);
times.sort((a, b) => a - b);
const quantile = (q) => times[Math.min(times.length - 1, Math.floor(times.length * q))];
console.log(JSON.stringify({
  requests: times.length,
  seconds: wall,
  p50: quantile(0.5),
  p99: quantile(0.99),
  cpu: (used.user + used.system) / times.length,
  resident: process.memoryUsage.rss(),
  body: new TextDecoder().decode(body),
}));
