// Enqueues at the orders of benchmarks/contender.py: JSON lines in, JSON lines out.
import readline from 'node:readline';
import { classes, QUEUE } from './backend.js';

const { Queue, connection } = classes(20);
const queue = new Queue(QUEUE, { connection });
queue.on('error', (error) => console.error(error));
const DATA = 'x'.repeat(100);
const now = () => process.hrtime.bigint();

const orders = {
  async bulk({ kind, jobs, size }) {
    const start = now();
    for (let first = 0; first < jobs; first += size) {
      const calls = [];
      for (let n = first; n < Math.min(first + size, jobs); n++) calls.push({ name: kind, data: { n, data: DATA } });
      await queue.addBulk(calls);
    }
    return Number(now() - start) / 1e9;
  },
  async one({ n }) {
    const before = now();
    await queue.add('stamp', { n });
    return { before: Number(before), after: Number(now()) };
  },
  async drained() {
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized');
    return Object.values(counts).every((count) => count === 0);
  },
  async completed() {
    return (await queue.getJobCounts('completed')).completed;
  },
  async clear() {
    await queue.obliterate({ force: true, count: 10000 });
    return null;
  },
};

await queue.waitUntilReady();
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { do: name, ...order } = JSON.parse(line);
  process.stdout.write(JSON.stringify((await orders[name](order)) ?? null) + '\n');
}
await queue.close();
process.exit(0);
